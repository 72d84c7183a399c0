// Where evaluation cases come from: case files, traces cut by a protocol, synthetic workloads.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "forecast/evaluation/cases.h"

namespace starling::lab {

struct CaseSource {
  std::vector<std::string> case_files;
  std::vector<std::string> traces;
  int synthetic = 0;          // workloads
  std::uint64_t seed = 1001;  // of these
  std::string protocol = "short";
  int origins = 24;          // moments; a set's workloads share them, so few leave much to chance
  bool takes_files = false;  // of cases: whether the command has --cases
};

/// Registers --cases (where `with_cases`), --trace, --synthetic, --seed, --protocol and --origins.
void add_case_options(CLI::App& command, CaseSource& source, bool with_cases);

/// All cases of the source; what was left out, and why, is said on standard error. Ends the command
/// with a message when there is nothing to read or nothing left.
std::vector<ForecastCase> load_cases(const CaseSource& source);

/// "short", "long", or "as given" for case files alone.
std::string protocol_name(const CaseSource& source);

}  // namespace starling::lab
