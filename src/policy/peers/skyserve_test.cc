// SkyServe's rules, one after the other.
#include "policy/peers/skyserve.h"

#include <gtest/gtest.h>

#include "policy/peers/replicas_for_tests.h"

namespace starling {
namespace {

PolicyOptions ten_a_second() {
  PolicyOptions options;
  options.skyserve.target_qps = 10;
  return options;
}

Replicas::Observe rate(double per_second) {
  return [=](Observation& seen) { seen.arrival_rate = per_second; };
}

TEST(SkyServe, WantsTheMinutesRequestsOverTheTargetRate) {
  const struct {
    const char* rule;
    double rate, target_qps;
    int concurrency, expected;
  } table[] = {
      {"20 / 10", 20, 10, 1, 2},
      {"⌈20.1 / 10⌉", 20.1, 10, 1, 3},
      {"no request", 0, 10, 1, 0},
      {"one request a minute", 1.0 / 60, 10, 1, 1},
      {"a spike ends at the maximum", 1e300, 10, 1, 1000},
      {"without a target 0.7 × 4 / 0.1 s = 28", 56, 0, 4, 2},
      {"⌈56.1 / 28⌉", 56.1, 0, 4, 3},
  };
  for (const auto& row : table) {
    PolicyOptions options;
    options.skyserve.target_qps = row.target_qps;
    options.skyserve.upscale_delay = options.skyserve.downscale_delay = 0s;
    Replicas sky(peer("skyserve", options), 1, 10s);
    EXPECT_EQ(sky.pass(90s,
                       [&](Observation& seen) {
                         seen.arrival_rate = row.rate;
                         seen.concurrency = row.concurrency;
                       }),
              row.expected)
        << row.rule;
  }
}

TEST(SkyServe, TheOccupiedTimeCountsWhereItIsLongerThanTheService) {
  PolicyOptions options;
  options.skyserve.upscale_delay = 0s;
  Replicas sky(peer("skyserve", options), 1, 10s);
  EXPECT_EQ(sky.pass(90s,
                     [](Observation& seen) {
                       seen.arrival_rate = 7;
                       seen.service.occupancy_s = 0.4;  // 1.75 a second
                     }),
            4);
}

TEST(SkyServe, WhatCameBeforeTheFirstObservationCountsAsNone) {
  Replicas sky(peer("skyserve", ten_a_second()), 0, 5s);
  EXPECT_EQ(sky.pass(5s, rate(200)), 2) << "1000 requests / 60 s / 10";
}

TEST(SkyServe, DecidesEveryTwentySecondsAndEveryFiveWithoutReplicas) {
  PolicyOptions options = ten_a_second();
  options.skyserve.upscale_delay = 0s;
  Replicas sky(peer("skyserve", options), 0, 5s);
  EXPECT_EQ(sky.pass(25s, rate(0)), 0);
  EXPECT_EQ(sky.pass(5s, rate(6)), 1);
  EXPECT_EQ(sky.pass(15s, rate(1000)), 1) << "held until the next decision";
  EXPECT_EQ(sky.pass(5s, rate(1000)), 34) << "20,030 requests / 60 s / 10";
}

TEST(SkyServe, RisesAtTheFifteenthDecisionAndFallsAtTheSixtieth) {
  Replicas sky(peer("skyserve", ten_a_second()), 2, 20s);
  EXPECT_EQ(sky.pass(120s, rate(20)), 2);
  EXPECT_EQ(sky.pass(14 * 20s, rate(41)), 2);
  EXPECT_EQ(sky.pass(20s, rate(41)), 5);
  // The minute's mean is 34 after the first, which is ⌈3.4⌉ = 4 and fewer than five already.
  EXPECT_EQ(sky.pass(59 * 20s, rate(20)), 5);
  EXPECT_EQ(sky.pass(20s, rate(20)), 2) << "to what is wanted then";
}

TEST(SkyServe, AnInterruptedRowBeginsAnew) {
  Replicas sky(peer("skyserve", ten_a_second()), 2, 20s);
  sky.pass(120s, rate(20));
  sky.pass(12 * 20s, rate(41));
  sky.pass(60s, rate(0.1));  // three of ten a second, two, one: a row of thirteen ends
  EXPECT_EQ(sky.pass(14 * 20s, rate(61)), 2);
  EXPECT_EQ(sky.pass(20s, rate(61)), 7);
}

}  // namespace
}  // namespace starling
