#include "policy/hpa.h"

#include <gtest/gtest.h>

#include <vector>

namespace starling {
namespace {

Observation synced_at(int second, int ready, int starting, double utilization) {
  Observation observation;
  observation.now = TimePoint{} + std::chrono::seconds(second);
  observation.ready = ready;
  observation.starting = starting;
  observation.utilization = utilization;
  return observation;
}

Objective limits(int min, int max) {
  Objective objective;
  objective.min = min;
  objective.max = max;
  return objective;
}

TEST(Hpa, OneSyncFollowsTheDocumentedRules) {
  const struct {
    const char* rule;
    int ready, starting;
    double utilization;
    int expected;
  } table[] = {
      {"ratio 1.07 is inside the tolerance", 10, 0, 0.75, 10},
      {"ratio 1.1 is inside the tolerance", 10, 0, 0.77, 10},
      {"ratio 1.2 gives ceil(1.2 × 10)", 10, 0, 0.84, 12},
      {"ceil(1.143 × 3) = 4", 3, 0, 0.80, 4},
      {"ceil(1.429 × 20) = 29", 20, 0, 1.0, 29},
      {"not-ready replicas count 0: 8 × 1.0 over 10 is 1.14, ceil(1.14 × 10)", 8, 2, 1.0, 12},
      {"not-ready replicas bring the ratio back inside the tolerance", 8, 2, 0.90, 10},
      {"not-ready replicas would flip the direction", 5, 5, 0.90, 10},
      {"no ready replica, no metric", 0, 3, 0.0, 3},
      {"scale-down is held by the first sync's recommendation", 10, 0, 0.35, 10},
  };
  for (const auto& row : table) {
    HpaPolicy hpa;
    EXPECT_EQ(
        hpa.decide(synced_at(0, row.ready, row.starting, row.utilization), limits(1, 100)).replicas,
        row.expected)
        << row.rule;
  }
}

TEST(Hpa, ReplicasWithoutMetricsAreTakenTheConservativeWay) {
  const struct {
    const char* rule;
    int ready, unmeasured, starting;
    double utilization;
    int expected;
  } table[] = {
      {"idle when scaling up: 8 × 1.5 over 10 is 1.2, ceil(1.2 × 10)", 10, 2, 0, 1.05, 12},
      {"idle brings the ratio back inside the tolerance: 1.3 × 8 / 10", 10, 2, 0, 0.91, 10},
      {"idle would flip the direction: 1.2 × 5 / 10", 10, 5, 0, 0.84, 10},
      {"unmeasured and not ready are both idle: 1.429 × 8 / 12 is 0.95", 10, 2, 2, 1.0, 12},
      {"busy when scaling down: (0.5 × 8 + 2 / 0.7) / 10 is 0.69, ceil(6.86)", 10, 2, 0, 0.35, 7},
      {"busy brings the ratio back: (0.8 × 5 + 5 / 0.7) / 10 flips", 10, 5, 0, 0.56, 10},
      {"not-ready ones do not count when scaling down", 8, 0, 2, 0.35, 4},
      {"no replica is measured, nothing is known", 10, 10, 0, 0.0, 10},
  };
  HpaOptions options;
  options.down.stabilization = 0s;
  for (const auto& row : table) {
    HpaPolicy hpa(options);
    auto observation = synced_at(0, row.ready, row.starting, row.utilization);
    observation.unmeasured = row.unmeasured;
    EXPECT_EQ(hpa.decide(observation, limits(1, 100)).replicas, row.expected) << row.rule;
  }
}

TEST(Hpa, OfSeveralMetricsTheOneThatWantsMostCounts) {
  using Kind = HpaMetric::Kind;
  const struct {
    const char* rule;
    int ready, unmeasured;
    double utilization, rate, in_flight;
    int expected;
  } table[] = {
      {"all inside the tolerance", 10, 0, 0.7, 100, 20, 10},
      {"utilisation wants most: ceil(1.2 × 10)", 10, 0, 0.84, 100, 20, 12},
      {"the rate wants most: ceil(150 / 10)", 10, 0, 0.84, 150, 20, 15},
      {"the rate is inside its tolerance, the others want less", 10, 0, 0.35, 105, 4, 10},
      {"requests in flight want most: ceil(33 / 2)", 10, 0, 0.84, 150, 33, 17},
      {"all want less, the largest is ceil(61 / 10)", 10, 0, 0.35, 61, 4, 7},
      {"a metric that is missing forbids a removal", 10, 10, 0, 61, 4, 10},
      {"a metric that is missing does not forbid a rise", 10, 10, 0, 150, 20, 15},
  };
  HpaOptions options;
  options.metrics = {
      {Kind::kUtilization, 0.7}, {Kind::kRequestsPerSecond, 10}, {Kind::kInFlight, 2}};
  options.down.stabilization = 0s;
  for (const auto& row : table) {
    HpaPolicy hpa(options);
    auto observation = synced_at(0, row.ready, 0, row.utilization);
    observation.unmeasured = row.unmeasured;
    observation.arrival_rate = row.rate;
    observation.in_flight = row.in_flight;
    EXPECT_EQ(hpa.decide(observation, limits(1, 100)).replicas, row.expected) << row.rule;
  }
}

TEST(Hpa, FromZeroTakesTheCeilingOfTheExternalRatio) {
  HpaPolicy hpa;
  Observation observation = synced_at(0, 0, 0, 0);
  observation.in_flight = 4.5;
  observation.concurrency = 2;
  EXPECT_EQ(hpa.decide(observation, limits(0, 100)).replicas, 4);  // 4.5 / 2 / 0.7 = 3.2
}

TEST(Hpa, HoldsItsAnswerBetweenSyncs) {
  HpaPolicy hpa;
  EXPECT_EQ(hpa.decide(synced_at(0, 4, 0, 0.7), limits(1, 100)).replicas, 4);
  EXPECT_EQ(hpa.decide(synced_at(14, 4, 0, 1.0), limits(1, 100)).replicas, 4);
  EXPECT_EQ(hpa.decide(synced_at(15, 4, 0, 1.0), limits(1, 100)).replicas, 6);
}

TEST(Hpa, AskedEveryTenSecondsItSyncsEveryFifteenInTheMean) {
  HpaPolicy hpa;
  std::vector<double> synced;
  for (int t = 0; t <= 90; t += 10) {
    Observation observation = synced_at(t, 4, 0, 0.7);
    observation.arrival_rate = t;
    const double last = hpa.decide(observation, limits(1, 100)).planned_rate;
    if (synced.empty() || synced.back() != last) synced.push_back(last);
  }
  EXPECT_EQ(synced, (std::vector<double>{0, 20, 30, 50, 60, 80, 90}));
}

TEST(Hpa, AtItsLimitItRisesAtEverySyncWheneverThatComes) {
  HpaOptions options;
  options.metrics[0].target = 0.01;  // a hundred times as many are wanted
  HpaPolicy limited(options);
  std::vector<int> rises;
  for (int t = 0; t <= 60; t += 10)
    rises.push_back(limited.decide(synced_at(t, 1, 0, 1.0), limits(1, 1000)).replicas);
  // Syncs come at 0, 20, 30, 50 and 60 seconds: four pods more, then twice as many each time.
  EXPECT_EQ(rises, (std::vector<int>{5, 5, 10, 20, 20, 40, 80}));
}

TEST(Hpa, ScalesUpByTheLargerOfDoublingAndFourPodsAPeriod) {
  HpaOptions options;
  options.metrics[0].target = 0.1;  // utilisation 1 asks for ten times as many
  HpaPolicy small(options);
  const Allocation from_two = small.decide(synced_at(0, 2, 0, 1.0), limits(1, 100));
  EXPECT_EQ(from_two.replicas, 6);
  ASSERT_EQ(from_two.guards.size(), 1u);
  EXPECT_EQ(from_two.guards[0].guard, "scale-up-limit");
  HpaPolicy large(options);
  EXPECT_EQ(large.decide(synced_at(0, 8, 0, 1.0), limits(1, 100)).replicas, 16);
  HpaPolicy capped(options);
  EXPECT_EQ(capped.decide(synced_at(0, 8, 0, 1.0), limits(1, 12)).replicas, 12);
}

TEST(Hpa, TheLimitCountsFromTheStartOfThePeriod) {
  HpaOptions options;
  options.metrics[0].target = 0.1;
  options.up.policies = {{HpaScalingPolicy::Type::kPods, 4, 60s}};
  HpaPolicy hpa(options);
  EXPECT_EQ(hpa.decide(synced_at(0, 2, 0, 1.0), limits(1, 100)).replicas, 6);
  EXPECT_EQ(hpa.decide(synced_at(15, 6, 0, 1.0), limits(1, 100)).replicas, 6);  // 6 − 4 added + 4
  EXPECT_EQ(hpa.decide(synced_at(60, 6, 0, 1.0), limits(1, 100)).replicas, 10);  // a new period
}

TEST(Hpa, ScalesDownOnlyToTheHighestRecommendationOf300Seconds) {
  HpaPolicy hpa;
  EXPECT_EQ(hpa.decide(synced_at(0, 10, 0, 0.7), limits(1, 100)).replicas, 10);
  EXPECT_EQ(hpa.decide(synced_at(15, 10, 0, 0.42), limits(1, 100)).replicas, 10);
  EXPECT_EQ(hpa.decide(synced_at(285, 10, 0, 0.07), limits(1, 100)).replicas, 10);
  EXPECT_EQ(hpa.decide(synced_at(300, 10, 0, 0.07), limits(1, 100)).replicas,
            6);  // ceil(0.6 × 10) at 15 s
  EXPECT_EQ(hpa.decide(synced_at(600, 6, 0, 0.07), limits(1, 100)).replicas, 1);
}

TEST(Hpa, ScaleDownPoliciesLimitOrForbid) {
  HpaOptions options;
  options.down.stabilization = 0s;
  options.down.policies = {{HpaScalingPolicy::Type::kPercent, 10, 60s}};
  HpaPolicy percent(options);
  EXPECT_EQ(percent.decide(synced_at(0, 15, 0, 0.07), limits(1, 100)).replicas,
            13);  // trunc(15 × 0.9)
  options.down.policies.push_back({HpaScalingPolicy::Type::kPods, 1, 60s});
  options.down.select = HpaBehavior::Select::kMin;
  HpaPolicy least(options);
  EXPECT_EQ(least.decide(synced_at(0, 15, 0, 0.07), limits(1, 100)).replicas, 14);
  options.down.select = HpaBehavior::Select::kDisabled;
  HpaPolicy never(options);
  EXPECT_EQ(never.decide(synced_at(0, 15, 0, 0.07), limits(1, 100)).replicas, 15);
}

TEST(Hpa, ReturnsInsideItsLimitsFirst) {
  HpaPolicy high;
  EXPECT_EQ(high.decide(synced_at(0, 30, 0, 1.0), limits(1, 20)).replicas, 20);
  HpaPolicy low;
  EXPECT_EQ(low.decide(synced_at(0, 0, 0, 0), limits(2, 20)).replicas, 2);
}

}  // namespace
}  // namespace starling
