// starling completion: what makes shells complete its commands.
#include <fmt/format.h>

#include <memory>

#include "apps/cli/commands.h"
#include "apps/cli/completion.h"

namespace starling::cli {

void add_completion_command(CLI::App& app) {
  auto* command = app.add_subcommand("completion",
                                     "A function that makes your shell complete starling's words");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "It offers the commands and options of starling and starling-lab, their choices, and the "
      "fleet's\nmodels, nodes, replicas and pools.\n"
      "Examples:\n  source <(starling completion bash)                        # in ~/.bashrc\n"
      "  source <(starling completion zsh)                         # in ~/.zshrc, after compinit\n"
      "  starling completion fish > ~/.config/fish/conf.d/starling.fish\n");
  command->callback([shell] { fmt::print("{}", completion_script(*shell).value()); });
}

}  // namespace starling::cli
