// The workloads that starling-lab's forecasting commands train on and judge by.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "trace/series.h"

namespace starling::lab {

/// One source of workloads, by the name that tables show.
struct Dataset {
  std::string name;
  std::vector<Series> workloads;
};

/// Synthetic workloads in equal halves. Requests: six hours at 10 s steps, a day at 1 min, a week
/// at 5 min and two weeks at 10 min, each of busy steady services and of small, bursty, often
/// silent ones. Gauges: see synthesize_gauges. Different seeds share no workload.
Dataset synthetic_dataset(int workloads, std::uint64_t seed);

/// One dataset a trace file, named by its file. Errors: those of read_trace.
Result<std::vector<Dataset>> read_datasets(const std::vector<std::string>& files);

}  // namespace starling::lab
