// The option --output of commands that print a table or JSON.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace starling::lab {

/// What `output` is at present is the option's default.
inline void add_output_option(CLI::App& command, std::string& output) {
  command.add_option("-o,--output", output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
}

}  // namespace starling::lab
