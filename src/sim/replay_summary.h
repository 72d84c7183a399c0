// Replays of one scenario with several seeds as one row a policy: means and their intervals.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/replay.h"

namespace starling {

/// One policy's outcomes, one a seed.
using ReplayRuns = std::vector<ReplayOutcome>;

/// A row a policy under its headings, of which those that begin with '>' are of numbers; with
/// several seeds each figure is "mean ±half of its 95 % interval".
struct ReplayFigures {
  std::vector<std::string> headings;
  std::vector<std::vector<std::string>> rows;
};
/// The policies side by side, in their order.
ReplayFigures replay_figures(const std::vector<ReplayRuns>& policies);

/// The same as text.
std::string replay_table(const std::vector<ReplayRuns>& policies);

/// {"scenario", "seed", "policies": [{"name", "requests", "slo_attainment", …}]}. With more than
/// one seed "seeds" joins, every figure is the mean over the runs and "<key>_ci" its 95 % interval.
nlohmann::json replay_json(const std::string& scenario, std::uint64_t seed,
                           const std::vector<ReplayRuns>& policies);

}  // namespace starling
