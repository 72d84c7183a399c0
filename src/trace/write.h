// Writing series as a trace file: CSV, CSV in gzip, or Parquet; wide or long.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "trace/series.h"

namespace starling {

/// How a file holds its workloads.
enum class TraceForm {
  kWide,  // timestamp,<workload>,…: one column each; a missing point is an empty cell
  kLong,  // timestamp,workload,value: one row a point; a missing point is a row without a value
};

struct WriteOptions {
  TraceForm form = TraceForm::kWide;
  /// ISO 8601 in UTC rather than seconds from the start. Default: unless a series starts at the
  /// epoch.
  std::optional<bool> has_calendar = std::nullopt;
};

/// Wide where the series share a grid and fill at least half of it, and none has a name that a
/// column cannot have (timestamp, workload, workload_id); else long.
TraceForm usual_form(const std::vector<Series>& series);

/// Writes a trace; the name tells how: `.csv`, `.csv.gz` or `.parquet`. Timestamps are ISO 8601,
/// or seconds from the start; in Parquet TIMESTAMP, or DOUBLE. In a wide file series of unlike
/// start or length are padded with missing points. The file is replaced at once.
/// Errors: another name, no series, a wide file of series on different grids or with a name that a
/// column cannot have, a name that is empty, repeated, or has a line break; a full disk.
Status write_trace(const std::string& path, const std::vector<Series>& series,
                   const WriteOptions& options = {});

}  // namespace starling
