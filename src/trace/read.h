// Reading trace files: long or wide CSV, plain or gzipped, into series with a mask.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "trace/series.h"

namespace starling {

struct ReadOptions {
  std::optional<Duration> step = std::nullopt;  // default: the most common distance of timestamps
  std::int64_t points_max = 100'000'000;        // over all series, gaps included (9 bytes each)
  /// Rows of one workload that fall into the same step are averaged instead of refused. Some public
  /// collections (NAB) hold such rows; in one's own data they usually tell of a mistake.
  bool average_within_step = false;
};

/// Reads one trace file. The header tells the form: `timestamp,workload,value` is long, and
/// `timestamp,<workload>,…` is wide, one column a workload. Timestamps are ISO 8601 (UTC where no
/// zone is given) or seconds from the start, and rise strictly within a workload (long) or the file
/// (wide). An empty cell, and a gap in the timestamps, is missing, never zero. Series come in the
/// order in which the file names them first. In long files each workload has its own start and
/// step.
///
/// Errors name the file and, where there is one, the line (blank lines not counted) and the column:
/// no such file, damaged gzip, no header, no rows, text in a number, a value that is not finite,
/// timestamps that fall, repeat or share a step, more points than `points_max`.
Result<std::vector<Series>> read_trace(const std::string& path, const ReadOptions& options = {});

}  // namespace starling
