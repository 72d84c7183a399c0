// What reading may cost, as the trace commands let a user say it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "trace/import.h"

namespace starling::lab {

/// As written on the command line; empty: the default.
struct LimitArguments {
  std::string rows, points, workloads;
  std::string line_bytes, file_bytes;
  std::string time;
};

/// Adds --max-points and the like.
void add_limit_options(CLI::App& command, LimitArguments& arguments);

/// The limits that they state; an error ends the command.
ReadRawLimits limits_of(const LimitArguments& arguments);

}  // namespace starling::lab
