// Writing series as a wide trace file.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "trace/series.h"

namespace starling {

/// Writes `timestamp,<workload>,…`; timestamps are seconds from the start when the series start at
/// the epoch, ISO 8601 otherwise; a missing point is an empty cell. The file is replaced at once.
/// Errors: no series, series that differ in start or step, a name with a line break, a full disk.
/// Series of unlike length are padded with empty cells.
Status write_trace(const std::string& path, const std::vector<Series>& series);

}  // namespace starling
