// The share of misses of late.
#include "policy/fading_misses.h"

#include <gtest/gtest.h>

#include <cmath>

namespace starling {
namespace {

void pass(FadingMisses& misses, int minutes, double arrived, double missed) {
  for (int i = 0; i < 6 * minutes; ++i) misses.observe(10 * arrived, 10 * missed, 10);
}

TEST(FadingMisses, ForgetByAFactorEAndSilenceTellsNothing) {
  FadingMisses misses(2h);
  EXPECT_EQ(misses.share(), 0);
  pass(misses, 600, 100, 3);
  EXPECT_NEAR(misses.share(), 0.03, 1e-9);
  pass(misses, 120, 100, 0);
  EXPECT_NEAR(misses.share(), 0.03 / std::exp(1), 5e-4);
  pass(misses, 60, 0, 0);
  EXPECT_NEAR(misses.share(), 0.03 / std::exp(1), 5e-4);
}

TEST(FadingMisses, AnIntervalLongerThanTheMemoryIsAllThatIsKnown) {
  FadingMisses misses(30min);
  misses.observe(100, 100, 10);
  misses.observe(100, 1, 3600);
  EXPECT_NEAR(misses.share(), 0.01, 1e-12);
}

}  // namespace
}  // namespace starling
