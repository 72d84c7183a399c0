#include "policy/admission_limit.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace starling {
namespace {

ServiceTime service_of(double mean_s, double scv, double occupancy_s = 0) {
  return {mean_s, scv, occupancy_s};
}

RC_GTEST_PROP(AdmissionLimit, NeverFallsWithReplicasOrTheSlo, ()) {
  const auto replicas = *rc::gen::inRange(0, 2000);
  const auto concurrency = *rc::gen::inRange(1, 200);
  const auto service = service_of(*rc::gen::inRange(1, 20'000) * 1e-3,
                                  *rc::gen::inRange(0, 400) * 1e-2, *rc::gen::inRange(0, 9) * 0.1);
  const Duration slo = std::chrono::milliseconds(*rc::gen::inRange(1, 100'000));
  const auto limit = admission_limit(replicas, concurrency, service, slo);
  RC_ASSERT(limit >= std::max(replicas, 1) * concurrency);
  RC_ASSERT(admission_limit(replicas + 1, concurrency, service, slo) >= limit);
  RC_ASSERT(admission_limit(replicas, concurrency + 1, service, slo) >= limit);
  RC_ASSERT(admission_limit(replicas, concurrency, service, slo + 50ms) >= limit);
}

RC_GTEST_PROP(AdmissionLimit, StaysInBoundsForExtremes, ()) {
  const auto replicas = *rc::gen::arbitrary<int>();
  const auto concurrency = *rc::gen::arbitrary<int>();
  const auto mean_s = *rc::gen::element(-1.0, 0.0, 1e-300, 1e-9, 1.0, 1e300,
                                        std::numeric_limits<double>::infinity(),
                                        std::numeric_limits<double>::quiet_NaN());
  const auto scv = *rc::gen::element(-1.0, 0.0, 1e-12, 1.0, 1e300);
  const auto slo = *rc::gen::element(Duration::min(), Duration(-1), Duration::zero(), Duration(1),
                                     Duration::max());
  const auto limit = admission_limit(replicas, concurrency, service_of(mean_s, scv), slo);
  RC_ASSERT(limit >= 1);
  RC_ASSERT(limit <= kInFlightMax);
  const auto drained = drain_seconds(limit, replicas, concurrency, service_of(mean_s, scv));
  RC_ASSERT(drained >= 1);
  RC_ASSERT(drained <= 3600);
}

RC_GTEST_PROP(AdmissionLimit, AGatewaysPartIsWithinTheWhole, ()) {
  const std::int64_t limit = *rc::gen::inRange(1, 1'000'000);
  const GatewayLoad own{*rc::gen::inRange(0, 1000) * 1.0, *rc::gen::inRange(0, 1000) * 1.0};
  const GatewayLoad fleet{*rc::gen::inRange(0, 1000) * 1.0, *rc::gen::inRange(0, 1000) * 1.0};
  const auto part = gateway_limit(limit, own, fleet);
  RC_ASSERT(part >= 1);
  RC_ASSERT(part <= limit);
}

TEST(AdmissionLimit, CountsTheDeparturesThatFitIntoTheSlo) {
  // Constant service: 4 slots of 100 ms let one go every 25 ms. In 500 ms the own service leaves
  // time for 16 departures.
  EXPECT_EQ(admission_limit(2, 2, service_of(0.1, 0), 501ms), 4 + 16);
  // Busy for twice the service time, as under a CPU limit: half of them.
  EXPECT_EQ(admission_limit(2, 2, service_of(0.1, 0, 0.2), 501ms), 4 + 8);
  // The more the service varies, the fewer are sure enough.
  EXPECT_LT(admission_limit(2, 2, service_of(0.1, 1), 501ms),
            admission_limit(2, 2, service_of(0.1, 0.2), 501ms));
}

TEST(AdmissionLimit, AnSloThatTheServiceAloneMissesLeavesTheFreeSlots) {
  EXPECT_EQ(admission_limit(3, 2, service_of(2, 1), 100ms), 6);
}

TEST(AdmissionLimit, NoReplicaCountsAsTheOneThatWillBeStarted) {
  EXPECT_EQ(admission_limit(0, 4, service_of(0.1, 0.5), 1s),
            admission_limit(1, 4, service_of(0.1, 0.5), 1s));
}

TEST(AdmissionLimit, AnUnknownServiceTimeLimitsNothing) {
  EXPECT_EQ(admission_limit(1, 1, service_of(0, 0), 100ms), kInFlightMax);
}

TEST(AdmissionLimit, ClientsComeBackWhenTheQueueIsDone) {
  EXPECT_EQ(drain_seconds(20, 2, 2, service_of(0.1, 1)), 1);
  EXPECT_EQ(drain_seconds(50, 2, 2, service_of(0.9, 1)), 12);  // 11.25 s
}

TEST(AdmissionLimit, GatewaysShareALimitAsTheyShareTheTraffic) {
  EXPECT_EQ(gateway_limit(80, {100, 40}, {100, 40}), 80);  // it has all of the traffic
  EXPECT_EQ(gateway_limit(80, {25, 20}, {100, 80}), 20);
  EXPECT_EQ(gateway_limit(80, {75, 60}, {100, 80}), 60);
  EXPECT_EQ(gateway_limit(80, {0, 0}, {100, 80}), 1);   // all of it is in flight elsewhere
  EXPECT_EQ(gateway_limit(80, {0, 0}, {100, 10}), 70);  // there is room for a burst
  EXPECT_EQ(gateway_limit(80, {0, 0}, {0, 0}), 80);     // nothing known yet
}

}  // namespace
}  // namespace starling
