// What `replay --report` shows: the comparison, cost against SLO, and how each model fared in time.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "plot/page.h"
#include "sim/replay_summary.h"
#include "sim/timeline.h"

namespace starling::cli {

/// policies[i] ran with as many seeds as it has outcomes; timelines[i] is of its first, where there
/// is one: the last policies may have none.
struct ReplayReport {
  std::string forecaster;
  std::uint64_t seed = 0;
  std::vector<ReplayRuns> policies;
  std::vector<Timeline> timelines;
  std::optional<ReplayOutcome> measured = std::nullopt;  // what really happened: the first row
};

/// The page. Long series are thinned, and of many models only those with most requests are drawn in
/// time (the page says so), so that it stays a few megabytes.
Page replay_page(const Scenario& scenario, const ReplayReport& report);

/// One chart for all: selectors of model and policy over demand, replicas, latency and utilisation,
/// and the policies compared. `models` are the scenario's that are offered.
nlohmann::json replay_courses(const Scenario& scenario, const ReplayReport& report,
                              const std::vector<std::size_t>& models);

}  // namespace starling::cli
