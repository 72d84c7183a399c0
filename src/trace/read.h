// Reading a trace that must be right as it is: what is replayed, driven and learnt from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "trace/cleaning_report.h"
#include "trace/series.h"

namespace starling {

struct ReadOptions {
  /// Default: what the format states, or the most common distance of timestamps.
  std::optional<Duration> step = std::nullopt;
  std::int64_t points_max = 100'000'000;  // over all series, gaps included (9 bytes each)
  /// Where to report rows of one workload that share a step, which are averaged then; without it
  /// they are an error. Some public collections (NAB) hold such rows; in one's own data they
  /// usually tell of a mistake.
  CleaningStep* averaged = nullptr;
  /// The values are requests, to be replayed or sent: one below zero is an error.
  bool is_demand = false;
};

/// Reads one file of any format with a time (import.h), compressed as it is, and mends nothing:
/// timestamps rise strictly within a workload, and every cell is a finite number or empty. An empty
/// cell, and a gap in the timestamps, is missing, never zero. Series come in the order in which the
/// file names them first; each has its own start and step.
///
/// Errors name the file and, where there is one, the line (blank lines not counted): no such file,
/// damaged compression, no header, no rows, a row that cannot be taken, timestamps that fall,
/// repeat or share a step, a counter (whose values are no demand), of demand a value below zero,
/// more points than `points_max`.
Result<std::vector<Series>> read_trace(const std::string& path, const ReadOptions& options = {});

}  // namespace starling
