// How soon a shift is noticed, and how seldom one is seen where there is none.
#include "forecast/online/drift.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace starling {
namespace {

constexpr int kDelayMax = 90;

/// Steps from the shift to the alarm, or -1 when an alarm came before it or none after.
int delay(std::uint64_t seed, int before, double factor) {
  Rng rng(seed);
  DriftDetector detector;
  for (int t = 0; t < before; ++t) {
    if (detector.add(rng.exponential(0.2))) return -1;
  }
  for (int t = 1; t <= 10 * kDelayMax; ++t) {
    if (detector.add(rng.exponential(0.2 * factor))) return t;
  }
  return -1;
}

TEST(DriftDetector, NoticesLossesThatTripleWithinTheStatedDelay) {
  constexpr int kRuns = 400;
  int in_time = 0;
  for (std::uint64_t seed = 0; seed < kRuns; ++seed) {
    const int steps = delay(seed, 300, 3);
    in_time += steps > 0 && steps <= kDelayMax;
  }
  EXPECT_GE(in_time, kRuns * 9 / 10);
}

TEST(DriftDetector, RaisesLessThanOneFalseAlarmInTenThousandSteps) {
  constexpr int kSteps = 400'000;
  Rng rng(9);
  DriftDetector detector;
  int alarms = 0;
  for (int t = 0; t < kSteps; ++t) alarms += detector.add(rng.exponential(3));
  EXPECT_LT(alarms, kSteps / 10'000);
}

TEST(DriftDetector, ForecastingBetterIsNoDriftAndNorIsOneBurst) {
  Rng rng(2);
  DriftDetector detector;
  for (int t = 0; t < 300; ++t) ASSERT_FALSE(detector.add(rng.exponential(1)));
  for (int burst = 0; burst < 3; ++burst) EXPECT_FALSE(detector.add(1e9));
  DriftDetector improving;
  for (int t = 0; t < 1000; ++t) ASSERT_FALSE(improving.add(rng.exponential(t < 300 ? 1 : 0.1)));
}

TEST(DriftDetector, BeginsAnewAfterAnAlarmAndTakesTheNewWaysAsUsual) {
  Rng rng(3);
  DriftDetector detector;
  for (int t = 0; t < 200; ++t) ASSERT_FALSE(detector.add(rng.exponential(1)));
  int alarms = 0;
  for (int t = 0; t < 2000; ++t) alarms += detector.add(rng.exponential(5));
  EXPECT_EQ(alarms, 1);
}

TEST(DriftDetector, SilenceAndWhatIsNoLossAreNothing) {
  DriftDetector detector;
  for (int t = 0; t < 1000; ++t) ASSERT_FALSE(detector.add(0));
  EXPECT_FALSE(detector.add(-1));
  EXPECT_FALSE(detector.add(1.0 / 0.0));
}

}  // namespace
}  // namespace starling
