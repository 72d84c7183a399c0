#include "apps/cli/unknown_command.h"

#include <fmt/format.h>

#include "base/nearest.h"

namespace starling::cli {

std::optional<std::string> unknown_command(const CLI::App& app, int argc, char** argv,
                                           const std::vector<std::string>& others) {
  const CLI::App* at = &app;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    const auto commands = at->get_subcommands([](const CLI::App*) { return true; });
    if (commands.empty()) return std::nullopt;  // the word is an argument
    std::vector<std::string> names;
    const CLI::App* next = nullptr;
    for (const CLI::App* command : commands) {
      names.push_back(command->get_name());
      if (names.back() == argv[i]) next = command;
    }
    if (next == nullptr) {
      if (at == &app) names.insert(names.end(), others.begin(), others.end());
      return fmt::format("there is no command '{}'{}: expected one of {}", argv[i],
                         did_you_mean(argv[i], names), fmt::join(names, ", "));
    }
    at = next;
  }
  return std::nullopt;
}

}  // namespace starling::cli
