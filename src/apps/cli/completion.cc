// Implements apps/cli/completion.h.
#include "apps/cli/completion.h"

#include <fmt/format.h>

#include <algorithm>

namespace starling::cli {
namespace {

using Words = std::vector<std::string>;

/// Where the words before the one that is typed lead to.
struct Position {
  const CLI::App* command = nullptr;
  std::string path;                      // of the command, without the program's name
  const CLI::Option* pending = nullptr;  // it still lacks its value
  const CLI::Option* open = nullptr;     // it has one, and takes more
  Words positionals;
};

std::string flag_of(const CLI::Option& option) {
  return option.get_lnames().empty() ? "-" + option.get_snames().front()
                                     : "--" + option.get_lnames().front();
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

bool takes_more(const CLI::Option& option) {
  return option.get_items_expected_max() > 1 && option.get_allow_extra_args();
}

std::vector<const CLI::Option*> options_of(const CLI::App& command, bool positional) {
  auto options = command.get_options([&](const CLI::Option* option) {
    const bool named = !option->get_lnames().empty() || !option->get_snames().empty();
    return option->get_positional() == positional && named != positional;
  });
  return options;
}

const CLI::Option* option_named(const CLI::App& command, const std::string& flag) {
  for (const CLI::Option* option : options_of(command, false)) {
    for (const auto& name : option->get_lnames()) {
      if (flag == "--" + name) return option;
    }
    for (const auto& name : option->get_snames()) {
      if (flag == "-" + name) return option;
    }
  }
  return nullptr;
}

std::vector<const CLI::App*> commands_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App*) { return true; });
}

Position position_after(const CLI::App& app, const Words& before) {
  Position at{&app, "", nullptr, nullptr, {}};
  for (const std::string& word : before) {
    if (at.pending != nullptr) {
      at.open = takes_more(*at.pending) ? at.pending : nullptr;
      at.pending = nullptr;
      continue;
    }
    if (word.starts_with('-')) {
      at.open = nullptr;
      const CLI::Option* option = option_named(*at.command, word);
      if (option != nullptr && takes_value(*option)) at.pending = option;
      continue;
    }
    if (at.open != nullptr) continue;
    const auto commands = commands_of(*at.command);
    const auto next = std::find_if(commands.begin(), commands.end(), [&](const CLI::App* command) {
      return command->get_name() == word;
    });
    if (next == commands.end()) {
      at.positionals.push_back(word);
      continue;
    }
    at.command = *next;
    at.path += (at.path.empty() ? "" : " ") + word;
  }
  return at;
}

/// The choices of an option's check, which it tells in its description alone: "{table,json}" of a
/// CLI::IsMember, "{flip->0,mix->1}" of a CLI::CheckedTransformer.
std::optional<Words> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto begin = type.find('{');
  const auto end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return std::nullopt;
  Words choices = CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
  for (auto& choice : choices) choice = choice.substr(0, choice.find("->"));
  return choices;
}

void offer(const std::string& candidate, const std::string& help, const std::string& word,
           Completion& completion) {
  if (candidate.starts_with(word)) completion.candidates.push_back({candidate, help});
}

bool takes_text(const CLI::Option& option) { return option.get_type_name().starts_with("TEXT"); }

/// Of a list in one word the last value is completed. `prefix`: "--option=", or nothing.
void offer_values(const CLI::Option& option, const ValuePlace& place, const std::string& prefix,
                  const std::string& word, const ValueNames& names, Completion& completion) {
  auto values = choices_of(option);
  if (!values && takes_text(option)) {
    if (names) values = names(place);
    completion.files = completion.files || !values;
  }
  if (!values) return;
  const auto comma =
      option.get_delimiter() == '\0' ? std::string::npos : word.rfind(option.get_delimiter());
  const std::string kept = comma == std::string::npos ? "" : word.substr(0, comma + 1);
  for (const auto& value : *values) offer(prefix + kept + value, "", prefix + word, completion);
}

}  // namespace

Completion complete(const CLI::App& app, const Words& before, const std::string& word,
                    const Words& others, const ValueNames& names) {
  Completion completion;
  const Position at = position_after(app, before);
  const auto place = [&](const std::string& option) {
    return ValuePlace{at.path, option, at.positionals};
  };
  if (at.pending != nullptr) {
    offer_values(*at.pending, place(flag_of(*at.pending)), "", word, names, completion);
    return completion;
  }
  if (const auto equals = word.find('='); word.starts_with("--") && equals != std::string::npos) {
    const CLI::Option* option = option_named(*at.command, word.substr(0, equals));
    if (option != nullptr && takes_value(*option))
      offer_values(*option, place(flag_of(*option)), word.substr(0, equals + 1),
                   word.substr(equals + 1), names, completion);
    return completion;
  }
  if (word.starts_with('-')) {
    for (const CLI::Option* option : options_of(*at.command, false))
      offer(flag_of(*option), option->get_description(), word, completion);
    return completion;
  }
  if (at.open != nullptr) {
    offer_values(*at.open, place(flag_of(*at.open)), "", word, names, completion);
    return completion;
  }
  const auto commands = commands_of(*at.command);
  if (!commands.empty() && !at.positionals.empty()) {  // words of another program
    completion.files = true;
    return completion;
  }
  for (const CLI::App* command : commands)
    offer(command->get_name(), command->get_description(), word, completion);
  if (at.command == &app) {
    for (const auto& other : others) offer(other, "", word, completion);
  }
  const auto positionals = options_of(*at.command, true);
  if (positionals.empty()) return completion;
  const auto given = at.positionals.size();
  const CLI::Option& next = *positionals[std::min(given, positionals.size() - 1)];
  if (given < positionals.size() || next.get_items_expected_max() > 1)
    offer_values(next, place(next.get_name(true)), "", word, names, completion);
  return completion;
}

std::string lines_of(const Completion& completion) {
  std::string lines;
  for (const auto& [word, help] : completion.candidates)
    lines += help.empty() ? word + "\n" : fmt::format("{}\t{}\n", word, help);
  if (completion.files) lines += ":files\n";
  return lines;
}

std::optional<std::string> completion_script(const std::string& shell) {
  if (shell == "bash") {
    // Readline itself begins a new word after "=" and ":", as in --output=json and host:port.
    return R"(# starling and starling-lab for bash: source <(starling completion bash)
_starling() {
    local typed="${COMP_LINE:0:COMP_POINT}" line current head
    local -a words
    read -ra words <<< "$typed"
    [[ $typed == *[[:space:]] ]] && words+=("")
    current="${words[${#words[@]}-1]}"
    head="${current%"${current##*[=:]}"}"
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            compopt -o default
        else
            line="${line%%$'\t'*}"
            COMPREPLY+=("${line#"$head"}")
        fi
    done < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _starling starling starling-lab
)";
  }
  if (shell == "zsh") {
    return R"(# starling and starling-lab for zsh, after compinit: source <(starling completion zsh)
_starling() {
    local -a found
    local line files ret=1
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            files=1
        else
            found+=("${${line//:/\\:}/$'\t'/:}")
        fi
    done < <("${(Q)${~words[1]}}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)
    (( ${#found} )) && _describe starling found && ret=0
    if [[ -n $files ]]; then
        compset -P '--*='
        _files && ret=0
    fi
    return ret
}
compdef _starling starling starling-lab
)";
  }
  if (shell == "fish") {
    return R"(# starling and starling-lab for fish
function __starling_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$word" 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path "$word"
        else
            printf '%s\n' $line
        end
    end
end
complete -c starling -f -a '(__starling_complete)'
complete -c starling-lab -f -a '(__starling_complete)'
)";
  }
  return std::nullopt;
}

}  // namespace starling::cli
