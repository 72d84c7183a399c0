// The thresholds and how the trend of the load moves them.
#include "policy/peers/threshold.h"

#include <gtest/gtest.h>

#include "policy/peers/replicas_for_tests.h"

namespace starling {
namespace {

Replicas::Observe load(double share) {
  return [=](Observation& seen) {
    seen.utilization = share;
    seen.in_flight = share > 0 ? 1 : 0;
  };
}

/// From one load to another in two minutes.
Replicas::Observe ramp(double from, double to) {
  return [=, share = from](Observation& seen) mutable {
    share += (to - from) / 12;
    if ((share - to) * (to - from) > 0) share = to;
    load(share)(seen);
  };
}

TEST(Threshold, OneMoreAboveTheUpperOneFewerBelowTheLower) {
  const struct {
    const char* rule;
    int ready;
    double load;
    int expected;
  } table[] = {
      {"above the upper", 3, 0.81, 4}, {"one at a time, however high", 3, 1, 4},
      {"at the upper", 3, 0.8, 3},     {"at the lower", 3, 0.3, 3},
      {"below the lower", 3, 0.29, 2}, {"the last one stays while there is load", 1, 0.01, 1},
      {"and goes without", 1, 0, 0},   {"not above the maximum", 10, 1, 10},
  };
  for (const auto& row : table) {
    Replicas threshold(peer("threshold"), row.ready, 10s, limits_for_tests(0, 10));
    EXPECT_EQ(threshold.pass(10s, load(row.load)), row.expected) << row.rule;
  }
}

TEST(Threshold, ChangesNoMoreThanOnceAnInterval) {
  Replicas threshold(peer("threshold"), 3, 10s);
  EXPECT_EQ(threshold.pass(30s, load(0.9)), 4);
  EXPECT_EQ(threshold.pass(10s, load(0.9)), 5);
  EXPECT_EQ(threshold.pass(20s, load(0.9)), 5);
  EXPECT_EQ(threshold.pass(10s, load(0.9)), 6);
}

TEST(Threshold, ARisingLoadAddsSoonerAndAFallingOneRemovesSooner) {
  // Both end within the thresholds of a load that stays.
  Replicas steady_high(peer("threshold"), 9, 10s), rising(peer("threshold"), 9, 10s);
  EXPECT_EQ(steady_high.hold(9).pass(240s, load(0.7)), 9);
  EXPECT_GT(rising.hold(9).pass(180s, ramp(0.35, 0.7)), 9);
  Replicas steady_low(peer("threshold"), 9, 10s), falling(peer("threshold"), 9, 10s);
  EXPECT_EQ(steady_low.hold(9).pass(240s, load(0.4)), 9);
  EXPECT_LT(falling.hold(9).pass(180s, ramp(0.75, 0.4)), 9);
}

TEST(Threshold, TheTrendIsOneMinutesLoadOverTheOneBefore) {
  Replicas threshold(peer("threshold"), 9, 10s);
  threshold.hold(9).pass(130s, load(0.5));
  threshold.pass(60s, load(0.6));  // 0.1 more than the minute before
  EXPECT_NE(threshold.last().reason.find("load 60 %, one more above 70 %, one fewer below 20 %"),
            std::string::npos)
      << threshold.last().reason;
}

TEST(Threshold, FromZeroTheFirstRequestAsksForOneThatMayStartInPeace) {
  Replicas threshold(peer("threshold"), 0, 10s);
  EXPECT_EQ(threshold.hold(0).pass(60s, load(0)), 0);
  const auto waiting = [](Observation& seen) {
    seen.utilization = 0;
    seen.in_flight = 5;
  };
  EXPECT_EQ(threshold.pass(10s, waiting), 1);
  EXPECT_EQ(threshold.hold(0, 1).pass(300s, waiting), 1) << "nothing ready is no low load";
  EXPECT_EQ(threshold.hold(1).pass(10s, load(1)), 2) << "the time without replicas does not count";
}

}  // namespace
}  // namespace starling
