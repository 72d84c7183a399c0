// Hot and cold spots, and the prediction that finds them.
#include "policy/peers/skewness.h"

#include <gtest/gtest.h>

#include "policy/peers/replicas_for_tests.h"

namespace starling {
namespace {

/// So many of the replicas are busy.
Replicas::Observe busy(double replicas) {
  return [=](Observation& seen) {
    seen.utilization = seen.ready > 0 ? std::min(1.0, replicas / seen.ready) : 0;
    seen.in_flight = replicas;
  };
}

TEST(Skewness, OneMoreOfAHotSpotOneFewerOfAColdOne) {
  const struct {
    const char* rule;
    int ready;
    double busy;
    Duration time;
    int expected;
  } table[] = {
      {"no minute has been measured", 4, 4, 50s, 4},
      {"hot", 4, 3.61, 60s, 5},
      {"one at a time, however hot", 4, 4, 60s, 5},
      {"below the hot threshold", 4, 3.59, 60s, 4},
      {"at the cold threshold", 4, 1, 60s, 4},
      {"cold", 4, 0.99, 60s, 3},
      {"one at a time, however cold", 4, 0, 60s, 3},
      {"again after a minute", 4, 0, 120s, 2},
      {"the last one stays while it is busy", 1, 0.01, 600s, 1},
      {"and goes without", 1, 0, 60s, 0},
      {"not above the maximum", 10, 10, 60s, 10},
  };
  for (const auto& row : table) {
    Replicas skewness(peer("skewness"), row.ready, 10s, limits_for_tests(0, 10));
    EXPECT_EQ(skewness.pass(row.time, busy(row.busy)), row.expected) << row.rule;
  }
}

double predicted(const Replicas& replicas) { return std::stod(replicas.last().reason); }

TEST(Skewness, PredictsFastUpAndSlowDown) {
  SkewnessOptions options;
  options.window = 1;
  Replicas skewness(std::make_unique<SkewnessPolicy>(options), 10, 10s);
  skewness.hold(10).pass(60s, busy(4));
  EXPECT_DOUBLE_EQ(predicted(skewness), 4);
  skewness.pass(60s, busy(6));  // −0.2 · 4 + 1.2 · 6
  EXPECT_DOUBLE_EQ(predicted(skewness), 6.4);
  skewness.pass(60s, busy(6));  // 0.7 · 6.4 + 0.3 · 6
  EXPECT_DOUBLE_EQ(predicted(skewness), 6.28);
  skewness.pass(60s, busy(2));  // 0.7 · 6.28 + 0.3 · 2
  EXPECT_DOUBLE_EQ(predicted(skewness), 5.0);
}

TEST(Skewness, ObservesAHighPercentileOfEightMinutes) {
  Replicas skewness(peer("skewness"), 10, 10s);
  skewness.hold(10).pass(60s, busy(8));
  skewness.pass(60s, busy(3));
  EXPECT_DOUBLE_EQ(predicted(skewness), 8) << "the higher of two minutes";
  skewness.pass(6 * 60s, busy(3));
  EXPECT_DOUBLE_EQ(predicted(skewness), 8) << "still among the eight";
  skewness.pass(60s, busy(3));  // 0.7 · 8 + 0.3 · 3
  EXPECT_DOUBLE_EQ(predicted(skewness), 6.5);
}

TEST(Skewness, AColdSpotStaysWhereTheOthersWouldComeAboveTheWarmThreshold) {
  SkewnessOptions options;
  options.cold = 0.4;
  Replicas two(std::make_unique<SkewnessPolicy>(options), 2, 10s);
  EXPECT_EQ(two.pass(60s, busy(0.7)), 2) << "35 % each, 70 % of the one that is left";
  Replicas three(std::make_unique<SkewnessPolicy>(options), 3, 10s);
  EXPECT_EQ(three.pass(60s, busy(1.05)), 2) << "35 % each, 53 % of the two that are left";
}

}  // namespace
}  // namespace starling
