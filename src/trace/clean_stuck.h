// Cleaning, stuck sensors: a value that stands still in a series that otherwise moves.
#pragma once

#include <cstdint>

#include "trace/cleaning_report.h"
#include "trace/series.h"

namespace starling {

struct StuckOptions {
  std::int64_t points_min = 12;  // of the same value, one after the other; at least 2
  bool mask = false;             // they become missing
  bool has_calendar = false;     // how examples write times
};

/// Points of runs of at least points_min equal non-zero values, in a series that usually moves:
/// where more than half of its neighbouring points differ, runs themselves left out. Zero is no
/// stuck value: it is what an idle service reports. Missing points end a run.
Touched find_stuck(Series& series, const StuckOptions& options);

}  // namespace starling
