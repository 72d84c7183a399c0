// Replays of one scenario with several seeds as one row a policy: means and their intervals.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/replay.h"

namespace starling {

/// The mean over runs, and half the width of its 95 % interval (Student's t; 0 of a single run).
struct MeanOfRuns {
  double mean = 0;
  double half_width = 0;
};
MeanOfRuns mean_of_runs(const std::vector<double>& values);

/// A figure that is reported of a policy; `key` may be a path ("latency_ms/p99").
struct ReplayFigure {
  const char* key;
  double (*of)(const ReplayOutcome&);
};
const std::vector<ReplayFigure>& replay_figures();

/// One policy's outcomes, one a seed.
using ReplayRuns = std::vector<ReplayOutcome>;

/// {"scenario", "seed", "policies": [{"name", "requests", "slo_attainment", …}]}. With more than
/// one seed "seeds" joins, every figure is the mean over the runs and "<key>_ci" its 95 % interval.
nlohmann::json replay_json(const std::string& scenario, std::uint64_t seed,
                           const std::vector<ReplayRuns>& policies);

}  // namespace starling
