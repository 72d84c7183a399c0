// What the programs' command lines have in common: help, version, and errors that say what was
// meant. CLI11 alone would only say that something is missing, or was not expected.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/completion.h"

namespace starling::cli {

/// The exit code for words that are wrong, whoever finds it: the parser or the command itself.
inline constexpr int kUsage = 2;

/// The word before those that a shell wants completed.
inline constexpr const char* kComplete = "__complete";

/// The command as far as it was understood: "starling-lab trace import".
std::string command_line(const CLI::App& app);

/// Parses the words, which runs a command's callback. The exit code where that is all there is to
/// do: help or the version was asked for and printed, or the words were wrong and it has been said
/// on standard error. `others`: commands of the first level that `app` does not parse itself. For
/// kComplete and the words of a line, the last of which is still being typed, it prints what a
/// shell may offer, with values by `names` (completion.h), and never says that anything is wrong.
std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv,
                                      const std::vector<std::string>& others = {},
                                      const ValueNames& names = {});

}  // namespace starling::cli
