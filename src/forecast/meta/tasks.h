// Workloads as tasks of meta-learning. No libtorch here.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "forecast/net/examples.h"
#include "trace/series.h"

namespace starling {

/// A workload as a task: examples in time order; no outcome of one is in the history of an earlier
/// one.
using MetaTask = std::vector<Example>;

/// Every series as a task, some of its examples with a shortened past. Series too short for a
/// support and a query window are left out. `season`: the steps in a day, where a series covers two
/// days.
std::vector<MetaTask> tasks_of(std::span<const Series> workloads, std::uint64_t seed,
                               Regime regime = Regime::kLong);

/// Steps in a day where the series covers at least two days, otherwise 0.
int season_of(const Series& series);
HistoryView history_of(const Series& series);

}  // namespace starling
