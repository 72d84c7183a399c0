// "Did you mean" for commands: CLI11 would only say that one is missing.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

namespace starling::cli {

/// What to say when a word stands where a command of `app` is expected and is none; nothing
/// otherwise. `others`: commands of the first level that `app` does not parse itself.
std::optional<std::string> unknown_command(const CLI::App& app, int argc, char** argv,
                                           const std::vector<std::string>& others = {});

}  // namespace starling::cli
