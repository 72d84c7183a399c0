// All workloads of a trace as one: their sum at each time.
#pragma once

#include <vector>

#include "base/result.h"
#include "trace/series.h"

namespace starling {

/// The sum over workloads, from the first's start to the last's end, on their common step. A
/// workload counts from its first present point to its last. Where some of those that count are
/// missing, the sum of the others is scaled up by the workloads' mean sizes (a ratio estimate);
/// where more than half of the size is missing, so is the total.
///
/// Errors: no series, steps that differ (resample them first), a span of more than `points_max`.
Result<Series> total_of(const std::vector<Series>& workloads, std::size_t points_max = 100'000'000);

}  // namespace starling
