// Steps of CPU for the moment: as few as the load asks for, up at once, down later.
#include "policy/sizing/cpu_steps.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "policy/sizing/moments_for_tests.h"

namespace starling {
namespace {

using testing_moments::at;

/// Replicas that serve `capacity` a second without a step miss nothing up to that, and all above.
int needed(double rate, double capacity) {
  return steps_needed(rate, 10, 0.01, [&](double high, int steps) {
    return std::max(0.0, 1 - capacity * std::pow(kSizeStep, steps) / high);
  });
}

TEST(CpuSteps, AreAsManyAsTheLoadAsksFor) {
  EXPECT_EQ(needed(0, 10), -1) << "idle replicas spare one";
  EXPECT_EQ(needed(5, 10), -1);
  EXPECT_EQ(needed(9, 10), 0);
  EXPECT_EQ(needed(9.5, 10), 1) << "9.5 and a standard deviation in ten seconds are 10.5";
  EXPECT_EQ(needed(15, 10), 2);
  EXPECT_EQ(needed(1000, 10), 2) << "no number is enough";
}

TEST(CpuSteps, ThatSpareNothingAreNotTaken) {
  const auto missed = [](double, int steps) { return steps < 1 ? 0.5 : 0.2; };
  EXPECT_EQ(steps_needed(100, 10, 0.01, missed), 1);
  EXPECT_EQ(steps_needed(100, 10, 0.01, [](double, int) { return 1.0; }), -1);
}

RC_GTEST_PROP(CpuSteps, NeverFallWithTheLoadRising, ()) {
  const double capacity = *rc::gen::inRange(1, 1000), low = *rc::gen::inRange(0, 2000);
  RC_ASSERT(needed(low, capacity) <= needed(low + *rc::gen::inRange(0, 500), capacity));
}

TEST(CpuSteps, RiseAtOnceAndFallFifteenSecondsLater) {
  HeldSteps held;
  EXPECT_EQ(held.hold(at(0s), -1), -1);
  EXPECT_EQ(held.hold(at(2s), 2), 2);
  EXPECT_EQ(held.hold(at(4s), 0), 2);
  EXPECT_EQ(held.hold(at(16s), -1), 2);
  EXPECT_EQ(held.hold(at(17s), -1), 0);
  EXPECT_EQ(held.hold(at(32s), -1), -1);
}

}  // namespace
}  // namespace starling
