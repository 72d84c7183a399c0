#include "policy/queueing.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace starling {
namespace {

TEST(ErlangB, AgreesWithPublishedTraffictables) {
  // Offered traffic at which a group of n trunks blocks the share B, from the standard tables.
  const struct {
    int servers;
    double blocked;
    double offered;
  } table[] = {{1, 0.01, 0.0101},  {2, 0.01, 0.153},    {5, 0.01, 1.361},
               {10, 0.01, 4.461},  {10, 0.05, 6.216},   {20, 0.02, 13.182},
               {50, 0.01, 37.901}, {100, 0.01, 84.064}, {100, 0.001, 75.242}};
  for (const auto& row : table) {
    EXPECT_NEAR(erlang_b(row.servers, row.offered), row.blocked, 0.005 * row.blocked)
        << row.servers << " servers, " << row.offered << " erlang";
  }
}

TEST(ErlangB, ClosedFormsForSmallGroups) {
  EXPECT_DOUBLE_EQ(erlang_b(1, 1.0), 0.5);
  EXPECT_DOUBLE_EQ(erlang_b(2, 2.0), 0.4);  // (2²/2) / (1 + 2 + 2)
  EXPECT_DOUBLE_EQ(erlang_b(0, 3.0), 1.0);
  EXPECT_DOUBLE_EQ(erlang_b(3, 0.0), 0.0);
}

TEST(ErlangC, ClosedFormsAndSaturation) {
  EXPECT_DOUBLE_EQ(erlang_c(1, 0.7), 0.7);          // M/M/1: ρ
  EXPECT_NEAR(erlang_c(2, 1.0), 1.0 / 3, 1e-12);    // 2ρ²/(1+ρ) with ρ = 0.5
  EXPECT_NEAR(erlang_c(10, 8.0), 0.4092, 0.00005);  // the textbook's 10 agents at 8 erlang
  EXPECT_EQ(erlang_c(4, 4.0), 1.0);
  EXPECT_EQ(erlang_c(4, 9.0), 1.0);
  EXPECT_EQ(erlang_c(4, 0.0), 0.0);
}

TEST(MeanWait, MM1ClosedFormAndInfiniteWhenSaturated) {
  EXPECT_NEAR(mmc_mean_wait_s(5, 0.1, 1), 0.1, 1e-12);  // ρ/(μ − λ)
  EXPECT_TRUE(std::isinf(mmc_mean_wait_s(20, 0.1, 2)));
  EXPECT_EQ(mmc_mean_wait_s(0, 0.1, 1), 0.0);
}

TEST(MissProbability, ConstantServiceAddsToTheWait) {
  // Deterministic service of 0.1 s, limit 0.3 s: the M/M/1 tail at 0.2 s with half the time
  // constant.
  const double expected = 0.5 * std::exp(-(1 - 0.5) / 0.05 * 0.2);
  EXPECT_NEAR(miss_probability(5, {0.1, 0}, 1, 0.3), expected, 1e-12);
}

TEST(MissProbability, EdgesAreSafe) {
  EXPECT_EQ(miss_probability(10, {0.1, 1}, 0, 1), 1.0);
  EXPECT_EQ(miss_probability(10, {0.1, 1}, 1, 1), 1.0);  // ρ = 1
  EXPECT_EQ(miss_probability(0, {0.1, 0}, 1, 1), 0.0);
  EXPECT_EQ(miss_probability(0, {0.1, 0}, 1, 0.05), 1.0);
  EXPECT_GE(miss_probability(99'000, {0.1, 1}, 10'000, 0.5), 0.0);
  EXPECT_LT(miss_probability(90'000, {0.1, 0.5}, 10'000, 2), 0.01);
}

RC_GTEST_PROP(MissProbability, FallsWithServersAndRisesWithTheRate, ()) {
  const double rate = *rc::gen::inRange(1, 20'000) / 100.0;
  const double scv = *rc::gen::inRange(0, 300) / 100.0;
  const int servers = *rc::gen::inRange(1, 60);
  const double limit_s = *rc::gen::inRange(1, 200) / 100.0;
  const ServiceTime service{0.1, scv};
  const double here = miss_probability(rate, service, servers, limit_s);
  RC_ASSERT(here >= 0 && here <= 1);
  RC_ASSERT(miss_probability(rate, service, servers + 1, limit_s) <= here + 1e-12);
  RC_ASSERT(miss_probability(rate * 1.1, service, servers, limit_s) >= here - 1e-12);
}

RC_GTEST_PROP(SizeFor, IsTheSmallestThatMeetsThePercentile, ()) {
  const double rate = *rc::gen::inRange(1, 50'000) / 100.0;
  const int concurrency = *rc::gen::inRange(1, 5);
  const ServiceTime service{0.05, 0.3};
  Objective objective;
  objective.slo_latency = 250ms;
  const Sizing sizing = size_for(rate, service, concurrency, objective);
  RC_ASSERT(!sizing.unreachable);
  RC_ASSERT(sizing.miss_probability <= 0.01 + 1e-12);
  RC_ASSERT(miss_probability(rate, service, (sizing.replicas - 1) * concurrency, 0.25) >
            0.01 - 1e-12);
}

TEST(SizeFor, TakesTheKneeWhenTheServiceAloneIsTooSlow) {
  Objective objective;
  objective.slo_latency = 50ms;
  const ServiceTime service{0.1, 0.5};
  const Sizing sizing = size_for(40, service, 1, objective);
  EXPECT_TRUE(sizing.unreachable);
  const double here = miss_probability(40, service, sizing.replicas, 0.05);
  EXPECT_LT(here - miss_probability(40, service, sizing.replicas + 1, 0.05), 0.001);
  EXPECT_GE(sizing.replicas, 5);  // 4 erlang at no more than 90 % utilisation
}

TEST(SizeFor, NoLoadNeedsNothingAndTheLimitHolds) {
  EXPECT_EQ(size_for(0, {0.1, 1}, 1, {}).replicas, 0);
  EXPECT_EQ(size_for(1e6, {1, 1}, 1, {.slo_latency = 60s}, 500).replicas, 500);
}

}  // namespace
}  // namespace starling
