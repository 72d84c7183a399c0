#include "policy/predictive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/make_policy.h"
#include "policy/queueing.h"
#include "policy/static_policy.h"

namespace starling {
namespace {

using ::testing::HasSubstr;

constexpr TimePoint kNow{std::chrono::hours(1)};

/// A forecast without uncertainty: these rates, one a 2 s step.
Forecast certain(const std::vector<double>& rates) {
  Forecast forecast{kNow, 2s, "exact", {}};
  for (const double rate : rates) {
    Quantiles quantiles;
    quantiles.fill(rate);
    forecast.steps.push_back(quantiles);
  }
  return forecast;
}

Observation observed(double rate, const Forecast* forecast = nullptr) {
  Observation observation;
  observation.now = kNow;
  observation.arrival_rate = rate;
  observation.ready = 2;
  observation.service = {0.05, 0.2};
  observation.forecast = forecast;
  return observation;
}

bool has_guard(const Allocation& allocation, const std::string& name) {
  for (const auto& note : allocation.guards) {
    if (note.guard == name) return true;
  }
  return false;
}

TEST(Predictive, ChoosesTheFewestReplicasThatMeetTheSloForTheForecast) {
  PredictivePolicy policy;
  const Objective objective;
  const Forecast forecast = certain({20, 60, 40});
  const Allocation allocation = policy.decide(observed(20, &forecast), objective);
  EXPECT_DOUBLE_EQ(allocation.planned_rate, 60);
  EXPECT_EQ(allocation.replicas, size_for(60, {0.05, 0.2}, 1, objective).replicas);
  EXPECT_TRUE(allocation.guards.empty());
  EXPECT_THAT(allocation.reason, HasSubstr("60.0 req/s"));
  ASSERT_EQ(allocation.candidates.size(), 5u);
  EXPECT_GT(allocation.candidates[1].miss_probability, 0.01);
  EXPECT_LE(allocation.candidates[2].miss_probability, 0.01);
}

TEST(Predictive, LooksNoFurtherThanAColdStartAndOneInterval) {
  PredictivePolicy policy;
  const Forecast forecast = certain({20, 20, 90});  // the surge begins after 4 s = 2 s + 2 s
  EXPECT_DOUBLE_EQ(policy.decide(observed(20, &forecast), {}).planned_rate, 20);
}

TEST(Predictive, NeverBelowWhatTheMeasuredLoadNeeds) {
  PredictivePolicy policy;
  const Forecast forecast = certain({1, 1, 1});
  Observation observation = observed(100, &forecast);
  observation.queued = 80;  // over two intervals of 2 s: 20 requests per second more
  const Allocation allocation = policy.decide(observation, {});
  EXPECT_EQ(allocation.replicas, 6);  // 120 req/s × 50 ms
  EXPECT_TRUE(has_guard(allocation, "current-load"));
}

TEST(Predictive, WithoutAForecastTakesTheRateWithAMarginAndSaysSo) {
  PredictivePolicy policy;
  const Allocation allocation = policy.decide(observed(50), {});
  EXPECT_DOUBLE_EQ(allocation.planned_rate, 65);
  EXPECT_TRUE(has_guard(allocation, "no-forecast"));
}

TEST(Predictive, WithoutAForecastTheNoteNamesTheReplicasThatThePriceChose) {
  PredictivePolicy policy;
  Allocation allocation;
  Observation observation = observed(50);
  for (int i = 0; i < 200; ++i) {
    observation.now += observation.interval;
    observation.ready = allocation.replicas;
    allocation = policy.decide(observation, {});
  }
  ASSERT_TRUE(has_guard(allocation, "no-forecast"));
  EXPECT_EQ(allocation.guards.front().to, allocation.replicas);
  EXPECT_GE(allocation.replicas, 3) << "50 requests a second of 50 ms keep two and a half busy";
}

TEST(Predictive, AnSloThatNoNumberMeetsGivesTheKneeAndSaysSo) {
  PredictivePolicy policy;
  Objective objective;
  objective.slo_latency = 40ms;
  const Forecast forecast = certain({100});
  const Allocation allocation = policy.decide(observed(100, &forecast), objective);
  EXPECT_TRUE(has_guard(allocation, "slo-unreachable"));
  EXPECT_LT(allocation.replicas, 20);
}

TEST(Predictive, IdleModelsGoToZeroAndAHeldRequestWakesThem) {
  PredictivePolicy policy;
  const Forecast forecast = certain({0.0001});
  Observation observation = observed(0, &forecast);
  EXPECT_EQ(policy.decide(observation, {.min = 0}).replicas, 0);
  observation.queued = observation.in_flight = 1;
  EXPECT_EQ(policy.decide(observation, {.min = 0}).replicas, 1);
}

/// Four a second of 150 ms each, whose SLO of 0.7 s one replica misses too often: by the price
/// alone it would be enough.
Observation few_requests(int decision, double missed_rate) {
  Observation observation = observed(4);
  observation.now = kNow + decision * 10s;
  observation.interval = 10s;
  observation.cold_start = 35s;
  observation.service = {0.15, 0.2};
  observation.missed_rate = missed_rate;
  observation.ready = 1;
  return observation;
}

TEST(Predictive, MoreMissesThanAreAllowedAreMadeUpFor) {
  Objective objective;
  objective.slo_latency = 700ms;
  PredictivePolicy served, missing;
  Allocation as_it_pays, made_up;
  for (int i = 0; i < 100; ++i) {
    as_it_pays = served.decide(few_requests(i, 0.0), objective);
    made_up = missing.decide(few_requests(i, 0.2), objective);
  }
  EXPECT_EQ(as_it_pays.replicas, 1);
  EXPECT_FALSE(has_guard(as_it_pays, "error-budget"));
  EXPECT_EQ(made_up.replicas, 2);
  EXPECT_TRUE(has_guard(made_up, "error-budget"));
  // Two hours later what was missed counts for little.
  for (int i = 100; i < 1500; ++i) made_up = missing.decide(few_requests(i, 0.0), objective);
  EXPECT_EQ(made_up.replicas, 1);
  EXPECT_FALSE(has_guard(made_up, "error-budget"));
}

TEST(Static, KeepsItsNumberOrTheMinimum) {
  StaticPolicy minimum;
  StaticPolicy seven(7);
  EXPECT_EQ(minimum.decide(observed(500), {.min = 3}).replicas, 3);
  EXPECT_EQ(seven.decide(observed(500), {.min = 3}).replicas, 7);
}

TEST(MakePolicy, KnowsItsNamesAndSuggestsTheNearest) {
  for (const auto& name : known_policies()) {
    auto policy = make_policy(name);
    ASSERT_TRUE(policy.has_value()) << name;
    EXPECT_EQ((*policy)->name(), name);
  }
  auto unknown = make_policy("predictiv");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_THAT(unknown.error().message, HasSubstr("did you mean 'predictive'?"));
}

TEST(MakePolicy, PredictiveComesWithItsGuards) {
  auto policy = make_policy("predictive").value();
  const Allocation allocation = policy->decide(observed(1000), {.max = 5});
  EXPECT_EQ(allocation.replicas, 5);
  EXPECT_TRUE(has_guard(allocation, "max-replicas"));
}

}  // namespace
}  // namespace starling
