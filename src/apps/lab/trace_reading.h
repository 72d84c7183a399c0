// How the trace commands read files: the options they share, reading, cleaning, errors.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/lab/commands.h"
#include "apps/lab/trace_limits.h"
#include "base/result.h"
#include "trace/clean.h"
#include "trace/import.h"

namespace starling::lab {

/// Adds --form, how a trace is written.
void add_form_option(CLI::App& command, std::string& form);

/// Writes a trace in the form asked for, or the usual one: "wide" or "long". An error ends the
/// command.
const char* write_clean(const std::string& path, const std::string& form, const CleanTrace& trace);

/// What a user says about the files and their cleaning, as written on the command line.
struct ReadingArguments {
  std::vector<std::string> files;
  std::string format;
  std::string value;
  std::string group;
  std::string aggregate;
  std::optional<int> path_segments;
  std::optional<std::int64_t> paths_max;
  std::string step;
  std::string quantity;
  std::string time_unit;
  LimitArguments limits;
  CleanOptions clean;  // what needs no parsing is bound to it directly
};

/// Adds the options that tell how to read and to clean.
void add_reading_options(CLI::App& command, ReadingArguments& arguments);

/// The files' format: the stated one, or the detected one.
TraceFormat format_of(const ReadingArguments& arguments);

/// Options for read_raw() and read_table(); a --step goes to formats made of events, which read
/// with it.
ReadRawOptions reading_options(const ReadingArguments& arguments, const TraceFormat& format);

/// Reads and cleans; an error ends the command.
CleanTrace read_clean(const ReadingArguments& arguments);
CleanTrace read_clean(const ReadingArguments& arguments, const TraceFormat& format);

}  // namespace starling::lab
