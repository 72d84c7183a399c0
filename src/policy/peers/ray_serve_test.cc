// Ray Serve's rules, one after the other.
#include "policy/peers/ray_serve.h"

#include <gtest/gtest.h>

#include "policy/peers/replicas_for_tests.h"

namespace starling {
namespace {

TEST(RayServe, WantsTheOngoingOverTheTargetByItsFactors) {
  const struct {
    const char* rule;
    int ready;
    double ongoing, up, down;
    int expected;
  } table[] = {
      {"two each", 2, 4, 1, 1, 2},
      {"⌈9 / 2⌉", 4, 9, 1, 1, 5},
      {"12 / 2", 2, 12, 1, 1, 6},
      {"half of the way up: 4 + (8 − 4) / 2", 4, 16, 0.5, 1, 6},
      {"half of the way down: ⌈10 − (10 − 5) / 2⌉", 10, 10, 1, 0.5, 8},
      {"a factor that would stay where it is removes one", 2, 2, 1, 0.3, 1},
      {"none ongoing leaves one of several", 4, 0, 1, 1, 1},
      {"the last one goes by itself", 1, 0, 1, 1, 0},
      {"a spike ends at the maximum", 2, 1e300, 1, 1, 1000},
      {"from zero any request asks for one, however many", 0, 500, 1, 1, 1},
      {"or for the factor, rounded up", 0, 0.1, 2.5, 1, 3},
      {"from zero without requests", 0, 0, 1, 1, 0},
  };
  for (const auto& row : table) {
    PolicyOptions options;
    options.ray_serve.upscaling_factor = row.up;
    options.ray_serve.downscaling_factor = row.down;
    options.ray_serve.upscale_delay = options.ray_serve.downscale_delay = 0s;
    Replicas ray(peer("ray-serve", options), row.ready, 2s);
    EXPECT_EQ(ray.pass(2s, in_flight(row.ongoing)), row.expected) << row.rule;
  }
}

TEST(RayServe, TheTargetIsAnOption) {
  PolicyOptions options;
  options.ray_serve.target_ongoing_requests = 5;
  options.ray_serve.upscale_delay = 0s;
  Replicas ray(peer("ray-serve", options), 1, 2s);
  EXPECT_EQ(ray.pass(2s, in_flight(21)), 5);
}

TEST(RayServe, LooksBackThirtySeconds) {
  PolicyOptions options;
  options.ray_serve.upscale_delay = 0s;
  Replicas ray(peer("ray-serve", options), 1, 10s);
  ray.pass(60s, in_flight(2));
  EXPECT_EQ(ray.pass(10s, in_flight(14)), 3) << "(2 + 2 + 14) / 3 over 2";
  EXPECT_EQ(ray.pass(10s, in_flight(14)), 5);
  EXPECT_EQ(ray.pass(10s, in_flight(14)), 7);
}

TEST(RayServe, WaitsHalfAMinuteToRiseAndTenToFall) {
  Replicas ray(peer("ray-serve"), 2, 2s);
  EXPECT_EQ(ray.pass(60s, in_flight(4)), 2) << "two each, as is wanted";
  EXPECT_EQ(ray.pass(30s, in_flight(12)), 2);
  EXPECT_EQ(ray.pass(2s, in_flight(12)), 6) << "thirty seconds after it was first wanted";
  ray.pass(60s, in_flight(12));
  // The mean of the look-back falls below what five replicas are for after eight seconds.
  EXPECT_EQ(ray.pass(606s, in_flight(4)), 6);
  EXPECT_EQ(ray.pass(2s, in_flight(4)), 2);
}

TEST(RayServe, AnInterruptedWishBeginsAnew) {
  PolicyOptions options;
  options.ray_serve.look_back = 2s;
  Replicas ray(peer("ray-serve", options), 2, 2s);
  ray.pass(30s, in_flight(12));
  ray.pass(2s, in_flight(4));
  EXPECT_EQ(ray.pass(30s, in_flight(12)), 2);
  ray.pass(2s, in_flight(1));
  EXPECT_EQ(ray.pass(30s, in_flight(12)), 2) << "the other direction interrupts it too";
  EXPECT_EQ(ray.pass(2s, in_flight(12)), 6);
}

TEST(RayServe, FallsToOneAndThenToNone) {
  Replicas ray(peer("ray-serve"), 5, 2s);
  EXPECT_EQ(ray.pass(600s, in_flight(0)), 5);
  EXPECT_EQ(ray.pass(2s, in_flight(0)), 1);
  EXPECT_EQ(ray.pass(600s, in_flight(0)), 1);
  EXPECT_EQ(ray.pass(2s, in_flight(0)), 0);
  EXPECT_EQ(ray.pass(2s, in_flight(1)), 1) << "and from zero at once";
}

TEST(RayServe, DecidesNothingWhileNoReplicaRuns) {
  Replicas ray(peer("ray-serve"), 0, 2s);
  EXPECT_EQ(ray.hold(0).pass(2s, in_flight(40)), 1);
  EXPECT_EQ(ray.hold(0, 1).pass(1000s, in_flight(40)), 1) << "however long the first one starts";
  EXPECT_EQ(ray.pass(1000s, in_flight(0)), 1);
  ray.hold(1);
  EXPECT_EQ(ray.pass(30s, in_flight(40)), 1);
  EXPECT_EQ(ray.pass(2s, in_flight(40)), 20) << "thirty seconds after it runs";
}

}  // namespace
}  // namespace starling
