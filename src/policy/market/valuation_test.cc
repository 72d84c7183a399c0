// What replicas are worth: against the miss curve where demand is known, and in its extremes.
#include "policy/market/valuation.h"

#include <gtest/gtest.h>

#include <cmath>

namespace starling {
namespace {

Observation observation(double rate, int ready, int starting = 0) {
  Observation seen;
  seen.now = TimePoint{} + 600s;
  seen.arrival_rate = rate;
  seen.ready = ready;
  seen.starting = starting;
  seen.cold_start = 35s;
  seen.interval = 10s;
  seen.service = {0.154, 0.05, 0};
  seen.queue_limit = 50;
  return seen;
}

const Objective kServing{.slo_latency = 720ms, .min = 1, .max = 30, .priority = 1};

ReplicaValues values(double rate, int ready, const Objective& objective = kServing,
                     int starting = 0) {
  Valuer valuer({.truth = {rate}, .truth_step = 60s});
  return valuer.value(observation(rate, ready, starting), objective);
}

TEST(Valuer, AKnownDemandIsWorthWhatItWouldMiss) {
  const MissCurve curve({0.154, 0.05, 0}, 1, 50, 0.72);
  const auto missed = [&](int replicas) { return 20 * curve.at(20, replicas); };
  const ReplicaValues worth = values(20, 4);
  ASSERT_EQ(worth.gains.size(), 8U);
  ASSERT_EQ(worth.losses.size(), 4U);
  EXPECT_NEAR(worth.gains[0], 45 * (missed(4) - missed(5)), 1e-6) << "the horizon is 45 s";
  // Of a ready one also what is missed while it moves.
  EXPECT_NEAR(worth.losses[0], (45 + 35) * (missed(3) - missed(4)), 1e-6);
}

TEST(Valuer, ASaturatedModelBidsForWhatSeveralMoreGain) {
  // 40 requests a second need more than six replicas: the second one alone saves next to nothing.
  const ReplicaValues worth = values(40, 1);
  EXPECT_GT(worth.gains[0], 100);
}

TEST(Valuer, PriorityMultipliesAndAStartIsCheaperToGiveUpThanAReadyReplica) {
  Objective twice = kServing;
  twice.priority = 2;
  EXPECT_NEAR(values(20, 4, twice).gains[0], 2 * values(20, 4).gains[0], 1e-9);
  EXPECT_LT(values(20, 3, kServing, 1).losses[0], values(20, 4).losses[0]);
}

TEST(Valuer, WorthIsNeverNegativeNorWithoutBound) {
  for (const double rate : {1.0, 10.0, 30.0, 100.0}) {
    const ReplicaValues worth = values(rate, 6);
    for (const auto* some : {&worth.gains, &worth.losses}) {
      for (const double requests : *some) {
        EXPECT_GE(requests, 0);
        EXPECT_LE(requests, (45 + 35) * rate) << "no more than arrive";
      }
    }
  }
}

TEST(Valuer, SilenceIsWorthNothingAndAThousandfoldSpikeIsFinite) {
  Valuer valuer;
  for (int i = 0; i < 60; ++i) valuer.value(observation(0, 3), kServing);
  const ReplicaValues silent = valuer.value(observation(0, 3), kServing);
  EXPECT_LT(silent.gains.front(), 1);
  EXPECT_LT(silent.losses.front(), 1);
  const ReplicaValues spike = valuer.value(observation(1e6, 3), kServing);
  for (const double gain : spike.gains) EXPECT_TRUE(std::isfinite(gain));
}

TEST(Valuer, DecisionsMoreOftenThanStepsAnswerAsTheyDidUntilAStepIsWhole) {
  Valuer valuer;
  Observation seen = observation(5, 2);
  seen.interval = 2s;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(valuer.value(seen, kServing).gains.empty());
  const ReplicaValues first = valuer.value(seen, kServing);
  EXPECT_FALSE(first.gains.empty());
  seen.arrival_rate = 50;
  EXPECT_EQ(valuer.value(seen, kServing).gains, first.gains);
}

TEST(Valuer, WhoBeginsAnewWithARecordHasValuesFromTheFirstWholeStepOn) {
  class Record final : public PastArrivals {
   public:
    Rates rates(Duration, Duration) const override { return {10s, std::vector<double>(900, 20)}; }
  } record;
  Valuer valuer;
  Observation seen = observation(20, 4);
  seen.past = &record;
  EXPECT_FALSE(valuer.value(seen, kServing).losses.empty()) << "offers and budgets go by them";
}

TEST(Valuer, ItsStepsAreWholeIntervalsSoThatAnHourIsAnHour) {
  // Five minutes of every hour at four times the load, seen every four seconds.
  for (const Duration interval : {Duration(4s), Duration(10s)}) {
    Valuer valuer;
    const auto value = [&](Duration now) {
      Observation seen = observation(now % 1h >= 20min && now % 1h < 25min ? 80 : 20, 6);
      seen.now = TimePoint{} + now;
      seen.interval = interval;
      return valuer.value(seen, kServing);
    };
    Duration now{};
    for (; now < 4h + 15min; now += interval) value(now);
    EXPECT_LT(value(now).gains[0], 10) << seconds(interval);
    // The window of what a transfer brings begins 40 s ahead.
    for (; now < 4h + 19min + 36s; now += interval) value(now);
    EXPECT_GT(value(now).gains[0], 100) << seconds(interval);
  }
}

}  // namespace
}  // namespace starling
