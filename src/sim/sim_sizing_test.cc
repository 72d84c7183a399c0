// Vertical sizing in a replay: cheaper at the same SLO, dearer where the SLO asks for it, and never
// beyond what nodes have.
#include "sim/sim_sizing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "forecast/baselines.h"
#include "sim/capacity.h"
#include "sim/replay.h"

namespace starling {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

/// Four requests a second for three hours, 100 ms each of which 40 are CPU time, on two nodes of
/// eight cores.
Scenario scenario_of(std::int64_t cpu_millis) {
  Scenario scenario;
  scenario.name = "sizes";
  scenario.nodes = {{"a", "", "", "", 8000, 32LL << 30, 0.03, 0.005},
                    {"b", "", "", "", 8000, 32LL << 30, 0.03, 0.005}};
  ScenarioModel model;
  model.name = "m";
  model.service_time.law = Distribution::Law::kExponential;
  model.service_time.location_s = 0.05;
  model.service_time.scale_s = 0.05;
  model.slo = {500ms, 99};
  model.cold_start = model.warm_start = 5s;
  model.queue_limit = 100;
  model.replicas = {1, 20};
  model.initial = 1;
  model.resources = {cpu_millis, 256LL << 20};
  model.cpu_s_per_request = 0.04;
  model.sizing = {SizingMode::kAuto, {50, 256LL << 20}, {4000, 256LL << 20}, 10min};
  model.demand.assign(180, 240);
  scenario.models = {model};
  return scenario;
}

/// With the outcome, what a replica had at the end and all sizes on the way.
struct Sized {
  ReplayOutcome outcome;
  std::vector<double> cores;
};

Sized run(const Scenario& scenario, const std::string& policy = "predictive") {
  Timeline timeline;
  const auto forecaster = make_forecaster("ses");
  auto outcome =
      replay(scenario, policy, forecaster->get(), 1, {.timeline = &timeline, .progress = {}});
  Sized sized{std::move(*outcome), {}};
  for (const auto& point : timeline.models[0]) sized.cores.push_back(point.replica_cores);
  return sized;
}

TEST(SimSizing, ReplicasThatAreTooLargeBecomeSmallerAndServeAsWell) {
  Scenario scenario = scenario_of(2000);
  // Two cores are no faster than one.
  const Sized sized = run(scenario);
  scenario.models[0].sizing.mode = SizingMode::kOff;
  const Sized as_given = run(scenario);
  EXPECT_LT(sized.outcome.cost, 0.6 * as_given.outcome.cost);
  EXPECT_GT(sized.outcome.slo_attainment, 0.985);
  EXPECT_GT(sized.outcome.size_changes, 0u);
  EXPECT_TRUE(sized.outcome.sized);
  EXPECT_EQ(as_given.outcome.size_changes, 0u);
  EXPECT_DOUBLE_EQ(as_given.outcome.core_hours, 2 * as_given.outcome.replica_hours);
  // 4/s × 40 ms = 0.16 cores are used on average, and a replica keeps 15 % more than its p95.
  EXPECT_GE(sized.cores.back(), 0.16 * 1.15);
  for (std::size_t i = 0; i < 59; ++i)
    EXPECT_GE(sized.cores[i], 2) << "nothing is lowered on less than ten minutes of history";
}

TEST(SimSizing, ReplicasThatAreTooSmallForTheSloBecomeLarger) {
  // On 60m the CPU part of 40 ms lasts 667: too long for any number of replicas.
  Scenario scenario = scenario_of(60);
  auto& model = scenario.models[0];
  model.service_time.location_s = 0.6;
  model.service_time.scale_s = 0.1;
  const Sized sized = run(scenario);
  model.sizing.mode = SizingMode::kOff;
  const Sized as_given = run(scenario);
  EXPECT_LT(as_given.outcome.slo_attainment, 0.01);
  EXPECT_GT(sized.outcome.slo_attainment, 0.9) << "but for the first period";
  EXPECT_GT(sized.cores.back(), 0.06);
}

TEST(SimSizing, WhereANodeIsFullTheSizeWaits) {
  Scenario scenario = scenario_of(60);
  auto& model = scenario.models[0];
  model.service_time.location_s = 0.6;
  model.service_time.scale_s = 0.1;
  model.replicas = {4, 4};
  model.initial = 4;
  scenario.nodes = {{"a", "", "", "", 300, 32LL << 30, 0.03, 0.005}};
  const Sized sized = run(scenario);
  // Four of 60m leave 60m: no more than one can double.
  EXPECT_THAT(sized.cores, testing::Each(AllOf(Ge(0.06 - 1e-9), Le(0.075 + 1e-9))));
}

TEST(SimSizing, PoliciesThatChooseForTheWholeTraceKeepTheFirstSize) {
  for (const char* policy : {"static-peak", "static-mean", "fair-share", "round-robin", "oracle"}) {
    const Sized kept = run(scenario_of(2000), policy);
    EXPECT_EQ(kept.outcome.size_changes, 0u) << policy;
    EXPECT_FALSE(kept.outcome.sized) << policy;
  }
}

TEST(SimSizing, LostReplicasGiveBackWhatTheyHeld) {
  Scenario scenario = scenario_of(2000);
  auto& model = scenario.models[0];
  model.mean_time_between_failures = 5min;
  model.release = 20s;
  model.demand.clear();
  for (int i = 0; i < 180; ++i) model.demand.push_back(i / 20 % 2 == 0 ? 240 : 2400);
  scenario.evictions = {{0, 3000, 3060, 6000}};
  // Capacity asserts that no node ever has more to give than it has.
  const Sized sized = run(scenario);
  EXPECT_GT(sized.outcome.models[0].replicas_lost, 0u);
  EXPECT_GT(sized.outcome.size_changes, 0u);
  EXPECT_EQ(run(scenario).outcome.cost, sized.outcome.cost) << "the same seed, the same bytes";
}

TEST(SimSizing, CpuThatNothingSharesChangesNoResult) {
  Scenario scenario = scenario_of(1000);
  auto& model = scenario.models[0];
  model.sizing.mode = SizingMode::kOff;
  const auto shared = run(scenario, "hpa").outcome;
  model.cpu_s_per_request = 0;
  const auto alone = run(scenario, "hpa").outcome;
  EXPECT_NEAR(shared.latency_mean_ms, alone.latency_mean_ms, 1e-9);
  EXPECT_EQ(shared.slo_attainment, alone.slo_attainment);
}

TEST(SimSizing, RequestsTogetherOnOneCoreServeNoMoreThanACoreDoes) {
  Scenario scenario = scenario_of(1000);
  auto& model = scenario.models[0];
  model.sizing.mode = SizingMode::kOff;
  model.concurrency = 10;
  model.replicas = {1, 1};
  model.demand.assign(60, 60 * 40);  // 40/s × 40 ms = 1.6 cores
  const auto outcome = run(scenario, "static").outcome;
  const double served = static_cast<double>(outcome.models[0].totals.served) / 3600;
  EXPECT_NEAR(served, 25, 1.25) << "1 core / 40 ms";
}

TEST(SimSizing, AReplicaThatFailsDoesNotMakeRequestsLookFreeOfCpu) {
  Scenario scenario = scenario_of(1000);
  auto& model = scenario.models[0];
  model.mean_time_between_failures = 30s;
  model.cold_start = model.warm_start = 1s;
  model.sizing.period = 2min;
  const Sized sized = run(scenario);
  EXPECT_GT(sized.outcome.models[0].totals.retried, 10u);
  // 4/s × 40 ms on one or two replicas: a tenth of a core each at the least.
  for (const double cores : sized.cores) EXPECT_GE(cores, 0.08);
}

TEST(SimSizing, ANodeResizesAsFarAsItHasRoom) {
  Capacity capacity({{"a", "", "", "", 1000, 1000, 1, 0}});
  const Resources small{400, 400}, large{700, 400};
  ASSERT_EQ(capacity.take(small, 0), 0u);
  EXPECT_FALSE(capacity.resize(0, small, {1001, 400}));
  EXPECT_FALSE(capacity.resize(0, small, {400, 1001}));
  EXPECT_TRUE(capacity.resize(0, small, large));
  EXPECT_FALSE(capacity.take({400, 400}, 0).has_value()) << "300 of CPU are left";
  EXPECT_TRUE(capacity.resize(0, large, small));
  EXPECT_EQ(capacity.take({600, 600}, 0), 0u);
  EXPECT_FALSE(capacity.resize(0, small, {401, 400}));
}

}  // namespace
}  // namespace starling
