// The share of missed requests where formulas are known, and in its extremes.
#include "policy/market/miss_curve.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "policy/queueing.h"

namespace starling {
namespace {

const ServiceTime kExponential{0.1, 1, 0};

TEST(MissShare, WithoutAQueueIsErlangsLossFormula) {
  for (const int servers : {1, 3, 10, 50}) {
    for (const double load : {0.5, 0.9, 1.5}) {
      EXPECT_NEAR(miss_share(load * servers / 0.1, kExponential, servers, 0, 1e9),
                  erlang_b(servers, load * servers), 1e-9);
    }
  }
}

TEST(MissShare, OverloadGetsThroughWhatTheServersCan) {
  // No deadline and a long queue: 1 − 1/ρ are refused, whatever the queue's length.
  for (const int queue_limit : {1000, 10'000'000}) {
    EXPECT_NEAR(miss_share(40, kExponential, 2, queue_limit, 1e9), 0.5, 1e-3);
  }
}

TEST(MissShare, AnUnboundedQueueIsErlangsWaitAndTheService) {
  const double known = miss_probability(30, kExponential, 4, 0.5);
  EXPECT_NEAR(miss_share(30, kExponential, 4, 10'000'000, 0.5), known, 0.01);
}

TEST(MissCurve, IsTheFormulaBetweenItsPointsToo) {
  const MissCurve curve(kExponential, 2, 50, 0.5);
  for (const double rate : {0.0, 3.7, 20.0, 39.0, 41.0, 100.0, 1000.0}) {
    EXPECT_NEAR(curve.at(rate, 2), miss_share(rate, kExponential, 4, 50, 0.5), 0.01) << rate;
  }
  EXPECT_DOUBLE_EQ(curve.at(10, 0), 1);
  EXPECT_FALSE(curve.fits({0.2, 1, 0}, 2, 50, 0.5));
  EXPECT_TRUE(curve.fits({0.103, 1, 0}, 2, 50, 0.5));
}

RC_GTEST_PROP(MissShare, IsAShareAndFallsWithReplicas, ()) {
  const double rate = *rc::gen::inRange(0, 1'000'000) / 10.0;
  const ServiceTime service{*rc::gen::inRange(1, 10'000) / 1e4, *rc::gen::inRange(0, 400) / 100.0,
                            0};
  const int queue_limit = *rc::gen::inRange(0, 1'000'000);
  const int servers = *rc::gen::inRange(1, 200);
  const double limit_s = *rc::gen::inRange(1, 5000) / 1e3;
  const double share = miss_share(rate, service, servers, queue_limit, limit_s);
  RC_ASSERT(share >= 0 && share <= 1 + 1e-9);
  RC_ASSERT(miss_share(rate, service, 2 * servers, queue_limit, limit_s) <= share + 0.02);
}

}  // namespace
}  // namespace starling
