// What is recorded at each decision, and its table.
#include "sim/timeline.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/replay.h"

namespace starling {
namespace {

/// Requests of 1.5 s each two seconds from t = 1 s on, for one replica: nothing is left to chance.
Scenario even_scenario() {
  Scenario scenario;
  scenario.name = "even";
  scenario.arrivals = Arrivals::kEven;
  scenario.nodes = {{"all", "", "", "", 2000, 0, 1, 0}};
  ScenarioModel model;
  model.name = "a, \"b\"";
  model.service_time.location_s = 1.5;
  model.slo.latency = 1s;
  model.queue_limit = 10;
  model.cold_start = 15s;
  model.replicas = {1, 2};
  model.initial = 1;
  model.resources = {1000, 0};
  model.demand = {30};
  scenario.models = {model};
  scenario.decision_interval = 20s;
  return scenario;
}

TEST(Timeline, HasARowADecision) {
  const Scenario scenario = even_scenario();
  Timeline timeline;
  ASSERT_TRUE(replay(scenario, "hpa", nullptr, 1, {.timeline = &timeline, .progress = {}}));
  // Ten arrivals in each interval, all of which take longer than the SLO; 0.75 of the replica is
  // busy, above hpa's 0.7 but within its tolerance of a tenth.
  EXPECT_EQ(
      timeline_heading() + timeline_rows("hpa", 7, {"a, \"b\""}, timeline),
      R"csv(policy,seed,model,time_s,arrivals_per_s,planned_per_s,wished,ready,starting,utilization,in_flight,missed,latency_mean_ms,latency_p50_ms,latency_p95_ms,replica_cores
hpa,7,"a, ""b""",20,0.5000,0.5000,1,1,0,0.7250,0.7250,10,1500.000,1507.812,1514.844,1
hpa,7,"a, ""b""",40,0.5000,0.5000,1,1,0,0.7500,0.7500,10,1500.000,1507.812,1514.844,1
)csv");
}

TEST(Timeline, ALatencyThatNobodyHadIsAnEmptyCell) {
  Scenario scenario = even_scenario();
  scenario.models[0].demand = {0};
  Timeline timeline;
  ASSERT_TRUE(replay(scenario, "hpa", nullptr, 1, {.timeline = &timeline, .progress = {}}));
  ASSERT_EQ(timeline.models.at(0).size(), 2u);
  EXPECT_TRUE(std::isnan(timeline.models[0][0].latency_mean_s));
  const std::string rows = timeline_rows("hpa", 1, {"m"}, timeline);
  EXPECT_EQ(rows.substr(rows.find('\n') - 7, 7), ",0,,,,1") << rows;
}

TEST(Timeline, WhatAFailedReplicaTakesBackIsNoCountBelowZero) {
  Scenario scenario = even_scenario();
  scenario.models[0].demand.assign(60, 30);
  scenario.models[0].mean_time_between_failures = 20s;
  scenario.models[0].queue_limit = 1000;
  Timeline timeline;
  const auto outcome =
      replay(scenario, "hpa", nullptr, 1, {.timeline = &timeline, .progress = {}}).value();
  ASSERT_GT(outcome.models[0].replicas_lost, 10u);
  for (const auto& point : timeline.models.at(0)) {
    EXPECT_LE(point.missed, outcome.requests) << "at " << point.time_s;
    if (!std::isnan(point.latency_p50_s)) {
      EXPECT_LE(point.latency_p50_s, point.latency_p95_s);
    }
  }
}

TEST(Timeline, AddsUpToTheOutcome) {
  Scenario scenario = even_scenario();
  scenario.arrivals = Arrivals::kPoisson;
  scenario.models[0].demand.assign(30, 70);
  Timeline timeline;
  std::vector<double> shares;
  const SimulationWatch watch{.timeline = &timeline,
                              .progress = [&](double share) { shares.push_back(share); }};
  const auto outcome = replay(scenario, "hpa", nullptr, 3, watch).value();
  double arrived = 0;
  std::uint64_t missed = 0;
  for (const auto& point : timeline.models.at(0)) {
    arrived += point.arrival_rate * 20;
    missed += point.missed;
  }
  // The last interval ends with the trace, where nothing is decided any more.
  EXPECT_LE(arrived, static_cast<double>(outcome.requests));
  EXPECT_GE(arrived, 0.97 * static_cast<double>(outcome.requests));
  EXPECT_LE(missed, outcome.requests - outcome.models[0].totals.met_slo);
  EXPECT_GT(missed, 0u);
  ASSERT_EQ(shares.size(), timeline.models[0].size());
  EXPECT_TRUE(std::ranges::is_sorted(shares));
  EXPECT_GT(shares.back(), 0.98);
  EXPECT_LE(shares.back(), 1);
}

TEST(Timeline, WatchingChangesNothing) {
  Scenario scenario = even_scenario();
  scenario.arrivals = Arrivals::kPoisson;
  scenario.models[0].demand.assign(10, 70);
  Timeline timeline;
  const auto watched =
      replay(scenario, "hpa", nullptr, 3, {.timeline = &timeline, .progress = {}}).value();
  const auto alone = replay(scenario, "hpa", nullptr, 3).value();
  EXPECT_EQ(watched.latency_mean_ms, alone.latency_mean_ms);
  EXPECT_EQ(watched.replica_hours, alone.replica_hours);
}

}  // namespace
}  // namespace starling
