// Implements apps/cli/command_line.h.
#include "apps/cli/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/nearest.h"
#include "base/version.h"

namespace starling::cli {
namespace {

using Words = std::vector<std::string>;

/// The last command of those that were understood.
const CLI::App& innermost(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : innermost(*parsed.front());
}

/// What to say when a word stands where a command is expected and is none.
std::optional<std::string> unknown_command(const CLI::App& app, const Words& words,
                                           const Words& others) {
  const CLI::App* at = &app;
  for (const std::string& word : words) {
    if (word.starts_with('-')) break;
    const auto commands = at->get_subcommands([](const CLI::App*) { return true; });
    if (commands.empty()) return std::nullopt;  // the word is an argument
    Words names;
    const CLI::App* next = nullptr;
    for (const CLI::App* command : commands) {
      names.push_back(command->get_name());
      if (names.back() == word) next = command;
    }
    if (next == nullptr) {
      if (at == &app) names.insert(names.end(), others.begin(), others.end());
      return fmt::format("there is no command '{}'{}: expected one of {}", word,
                         did_you_mean(word, names), fmt::join(names, ", "));
    }
    at = next;
  }
  return std::nullopt;
}

/// For a short option that there is not: the long one that begins with its letter.
std::string longer_form(const std::string& name, const Words& known) {
  if (name.size() != 2) return "";
  const char letter = static_cast<char>(std::tolower(static_cast<unsigned char>(name[1])));
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const std::string& longer) { return longer[2] == letter; });
  return found == known.end() ? "" : fmt::format(" (did you mean '{}'?)", *found);
}

/// Of words that no option took, the first option, or else the first word.
std::string unexpected(const CLI::App& app) {
  const Words extras = app.remaining(/*recurse=*/true);
  const auto option = std::find_if(extras.begin(), extras.end(),
                                   [](const std::string& word) { return word.starts_with('-'); });
  if (option == extras.end()) {
    return fmt::format("'{}' was not expected", extras.empty() ? "" : extras.front());
  }
  const std::string name = option->substr(0, option->find('='));
  Words known;
  for (const CLI::Option* one : innermost(app).get_options()) {
    for (const auto& longer : one->get_lnames()) known.push_back("--" + longer);
  }
  const std::string hint = did_you_mean(name, known);
  return fmt::format("there is no option '{}'{}", name,
                     hint.empty() ? longer_form(name, known) : hint);
}

/// Something required was left out: the word that took its place is more telling, where there is
/// one. `apply ok.yaml` lacks the -f of its file.
std::string left_out(const CLI::App& app, const std::string& problem) {
  const Words extras = app.remaining(/*recurse=*/true);
  if (extras.empty()) return problem;
  if (std::any_of(extras.begin(), extras.end(),
                  [](const std::string& word) { return word.starts_with('-'); })) {
    return unexpected(app);
  }
  for (const CLI::Option* one : innermost(app).get_options()) {
    if (one->get_positional() || !one->get_required() || one->count() > 0) continue;
    const std::string flag = one->get_snames().empty() ? "--" + one->get_lnames().front()
                                                       : "-" + one->get_snames().front();
    return fmt::format("{}: did you mean `{} {} {}`?", problem, command_line(app), flag,
                       fmt::join(extras, " "));
  }
  return problem;
}

int complain(const CLI::App& app, const std::string& problem) {
  fmt::print(stderr, "{}: {}\nRun with --help for more information.\n", command_line(app), problem);
  return kUsage;
}

/// `words`: kComplete and those of the line.
int print_completion(const CLI::App& app, const Words& words, const Words& others,
                     const ValueNames& names) {
  const std::string word = words.size() > 1 ? words.back() : "";
  const Words before(words.begin() + 1, words.end() - (words.size() > 1 ? 1 : 0));
  try {
    fmt::print("{}", lines_of(complete(app, before, word, others, names)));
  } catch (const std::exception&) {
    // Whoever presses Tab gets an offer or none, and no words in the middle of a line.
  }
  return 0;
}

/// A command that says nothing of its own after its options would say what its parents say.
void drop_inherited_footers(CLI::App& app, Words above = {}) {
  above.push_back(app.get_footer());
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    drop_inherited_footers(*command, above);
    if (std::find(above.begin(), above.end(), command->get_footer()) != above.end())
      command->footer("");
  }
}

}  // namespace

std::string command_line(const CLI::App& app) {
  std::string line = app.get_name();
  for (const CLI::App* sub : app.get_subcommands()) line += " " + command_line(*sub);
  return line;
}

std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv, const Words& others,
                                      const ValueNames& names) {
  Words words(argv + 1, argv + argc);
  app.set_version_flag("--version", fmt::format("{} {}", app.get_name(), version()),
                       "Print the version and end");
  drop_inherited_footers(app);
  if (!words.empty() && words.front() == kComplete)
    return print_completion(app, words, others, names);
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.push_back("--help");
  }
  if (words == Words{"version"}) words.front() = "--version";
  if (words.empty() && app.get_require_subcommand_min() > 0) {
    fmt::print(stderr, "{}", app.help());
    return kUsage;
  }
  if (const auto unknown = unknown_command(app, words, others)) {
    fmt::print(stderr, "{}: {}\n", app.get_name(), *unknown);
    return kUsage;
  }
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ExtrasError&) {
    return complain(app, unexpected(app));
  } catch (const CLI::RequiredError& error) {
    return complain(app, left_out(app, error.what()));
  } catch (const CLI::ParseError& error) {
    return error.get_exit_code() == 0 ? app.exit(error) : complain(app, error.what());
  }
  return std::nullopt;
}

}  // namespace starling::cli
