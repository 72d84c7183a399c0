// Steps of CPU for the moment: as few as the load asks for, up at once, down later.
#include "policy/sizing/cpu_steps.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "policy/market/miss_curve.h"
#include "policy/sizing/moments_for_tests.h"

namespace starling {
namespace {

using testing_moments::at;

/// Replicas that serve `capacity` a second without a step miss nothing up to that, and what is
/// above.
int needed(double rate, double capacity) {
  return steps_needed(rate, 10, 0.01, [&](double high, int steps) {
    const double served = capacity * std::pow(kSizeStep, steps);
    return SteppedService{std::max(0.0, 1 - served / high), served};
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
  const auto no_faster = [](double, int steps) {
    return steps < 1 ? SteppedService{0.5, 50} : SteppedService{0.2, 70};
  };
  EXPECT_EQ(steps_needed(100, 10, 0.01, no_faster), 1);
  EXPECT_EQ(steps_needed(100, 10, 0.01, [](double, int) { return SteppedService{1, 50}; }), -1);
}

TEST(CpuSteps, WhereAllAreLateReplicasServeWhatTheyCan) {
  // 12 slots' worth of what one replica serves: miss_share is 1 whatever it is given.
  const auto serve = [](double high, int steps) {
    const ServiceTime service{0.154 / std::pow(kSizeStep, steps), 0.2};
    return SteppedService{miss_share(high, service, 1, 50, 0.72), 1 / service.mean_s};
  };
  ASSERT_EQ(serve(80, -1).missed, serve(80, 0).missed);
  EXPECT_EQ(steps_needed(80, 10, 0.01, serve), kSizeStepsMax);
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
  EXPECT_EQ(held.hold(at(40s), 2), 2);
  EXPECT_EQ(held.hold(at(5s), 0), 0) << "a clock that was set back";
}

}  // namespace
}  // namespace starling
