// Policies that see the whole scenario, and who gets a forecast.
#include "sim/replay.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "forecast/baselines.h"

namespace starling {
namespace {

/// Two models for an hour on nine replicas, of which the first may have two.
Scenario two_models() {
  Scenario scenario;
  scenario.name = "two";
  scenario.nodes = {{"all", "", "", "", 9000, 0, 1, 0}};
  ScenarioModel model;
  model.name = "m0";
  model.service_time.location_s = 0.1;
  model.queue_limit = 50;
  model.replicas = {1, 2};
  model.initial = 1;
  model.resources = {1000, 0};
  model.demand.assign(60, 600);
  scenario.models = {model, model};
  scenario.models[1].name = "m1";
  scenario.models[1].replicas = {1, 9};
  return scenario;
}

TEST(Replay, RoundRobinDealsWhatFairShareLeavesOver) {
  const auto fair = replay(two_models(), "fair-share", nullptr, 1).value();
  EXPECT_DOUBLE_EQ(fair.models[0].replica_s, 2 * 3600);
  EXPECT_DOUBLE_EQ(fair.models[1].replica_s, 4 * 3600);
  const auto dealt = replay(two_models(), "round-robin", nullptr, 1).value();
  EXPECT_DOUBLE_EQ(dealt.models[0].replica_s, 2 * 3600);
  EXPECT_DOUBLE_EQ(dealt.models[1].replica_s, 7 * 3600);
  EXPECT_EQ(dealt.scale_actions, 0u);
}

TEST(Replay, AFairShareIsOfResourcesNotOfReplicas) {
  Scenario scenario = two_models();
  scenario.models[0].replicas = {1, 50};
  scenario.models[0].resources = {100, 0};
  const auto fair = replay(scenario, "fair-share", nullptr, 1).value();
  EXPECT_DOUBLE_EQ(fair.models[0].replica_s, 46 * 3600) << "45 in half the room, one of the rest";
  EXPECT_DOUBLE_EQ(fair.models[1].replica_s, 4 * 3600);
}

TEST(Replay, AStaticPeakCountsOnWhatRequestsThatShareACpuTake) {
  Scenario scenario = two_models();
  scenario.models[1].concurrency = 4;
  scenario.models[1].cpu_s_per_request = 0.08;
  scenario.models[1].demand.assign(60, 60 * 25);
  const auto peak = replay(scenario, "static-peak", nullptr, 1).value();
  // A core serves no more than 12.5 of these a second, however many it has at once.
  EXPECT_GE(peak.models[1].replica_s, 3 * 3600);
}

TEST(Replay, APolicyMayHaveATargetOfItsOwn) {
  const auto spare = replay(two_models(), "hpa@0.2", nullptr, 1).value();
  const auto usual = replay(two_models(), "hpa", nullptr, 1).value();
  EXPECT_EQ(spare.policy, "hpa@0.2");
  EXPECT_GT(spare.replica_hours, 2 * usual.replica_hours);
  EXPECT_FALSE(check_replay_policy("oracle@2")) << "it has none";
  EXPECT_TRUE(check_replay_policy("learned@-1"));
}

TEST(Replay, GreedyPlansForTheForecastAndThePeersForWhatTheySee) {
  const auto forecaster = make_forecaster("moving-average").value();
  for (const auto& [policy, forecasts] : {std::pair{"greedy", true}, std::pair{"hpa", false}}) {
    Timeline timeline;
    const SimulationWatch watch{.timeline = &timeline, .progress = {}};
    ASSERT_TRUE(replay(two_models(), policy, forecaster.get(), 1, watch));
    // `hpa` holds its answer between two syncs, every third decision here.
    const auto& decisions = timeline.models.at(1);
    const auto ahead = std::count_if(decisions.begin(), decisions.end(), [](const auto& decision) {
      return decision.planned_rate != decision.arrival_rate;
    });
    EXPECT_EQ(2 * ahead > std::ssize(decisions), forecasts) << policy << " " << ahead;
  }
}

}  // namespace
}  // namespace starling
