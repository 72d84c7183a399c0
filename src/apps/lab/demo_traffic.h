// The traffic of the demo: which models are driven, and how hard.
#pragma once

#include <vector>

#include "apps/lab/drive_run.h"
#include "base/result.h"
#include "manifest/model_spec.h"
#include "trace/series.h"

namespace starling::lab {

/// A model that the demo deploys, and its rate at the busy time of the day.
struct Driven {
  const char* name;  // of its manifest, without ".yaml"
  double busy_rate;  // requests per second
};
/// As much as two cores can serve beside the fleet itself.
inline constexpr Driven kDriven[] = {{"digits", 140}, {"tones", 18}};

/// One workload for each driven model.
std::vector<Series> synthetic_day(std::uint64_t seed);

/// Each of kDriven, whose specs are given in the same order, follows one of the trace's workloads,
/// compressed into `length`. The rate that only 2 % of the time exceeds becomes the busy rate, so
/// that one spike does not flatten the rest of the day; spikes are cut at 1.2 times that. The
/// bodies are left empty. Errors: a workload that is zero for 98 % of the time.
Result<std::vector<DriveModel>> plan_traffic(const std::vector<Series>& trace,
                                             const std::vector<ModelSpec>& specs, Duration length);

}  // namespace starling::lab
