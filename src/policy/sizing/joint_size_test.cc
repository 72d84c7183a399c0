#include "policy/sizing/joint_size.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "base/units.h"
#include "policy/queueing.h"

namespace starling {
namespace {

/// 10 ms of CPU a request, measured at a quarter of a core, where it takes 40 ms.
SizeQuestion question(double rate) {
  SizeQuestion q;
  q.rate = rate;
  q.service = {0.040, 0.1};
  q.cpu_s_per_request = 0.010;
  q.measured_cpu_millis = 250;
  q.objective = {150ms, 99, 1, 50};
  q.current = {250, 256 * kMiB};
  q.least = {62, 64 * kMiB};
  q.most = {1000, 1024 * kMiB};
  return q;
}

TEST(JointSize, ARequestTakesWhatItsCpuTimeTakesAtTheLimit) {
  const auto q = question(10);
  EXPECT_NEAR(service_at(q, 125).mean_s, 0.080, 1e-9);
  EXPECT_NEAR(service_at(q, 125).occupancy_s, 0.080, 1e-9);
  EXPECT_NEAR(service_at(q, 500).mean_s, 0.020, 1e-9);
  EXPECT_NEAR(service_at(q, 4000).mean_s, 0.010, 1e-9) << "it runs on one core at most";
  EXPECT_NEAR(service_at(q, 4000).occupancy_s, 0.0025, 1e-9) << "but four run side by side";
}

TEST(JointSize, NoRequestIsTakenToRunFasterThanItWasMeasured) {
  auto q = question(10);
  q.service.mean_s = 0.012;  // short enough to fit into one period's quota
  EXPECT_NEAR(service_at(q, 1000).mean_s, 0.012, 1e-9);
  EXPECT_NEAR(service_at(q, 125).mean_s, 0.052, 1e-9) << "slower, all the same";
}

TEST(JointSize, ALightLoadGetsTheSmallestSizeThatMeetsTheSlo) {
  const auto choice = choose_size(question(0.5));
  ASSERT_TRUE(choice.best.has_value());
  EXPECT_TRUE(choice.current_meets);
  EXPECT_LT(choice.best->size.cpu_millis, 250);
  EXPECT_EQ(choice.best->replicas, 1);
  EXPECT_EQ(choice.best->size.memory_bytes, 64 * kMiB);
  EXPECT_LE(choice.best->miss_probability, 0.01);
}

TEST(JointSize, ATightSloAsksForMoreCpuThanTheFloor) {
  auto q = question(2);
  q.objective.slo_latency = 60ms;
  const auto choice = choose_size(q);
  ASSERT_TRUE(choice.best.has_value());
  EXPECT_GT(choice.best->size.cpu_millis, 200) << "40 ms at 250m, 80 ms at 125m";
}

TEST(JointSize, WhereThePresentSizeIsTooSlowALargerOneIsFound) {
  auto q = question(2);
  q.objective.slo_latency = 30ms;
  const auto choice = choose_size(q);
  EXPECT_FALSE(choice.current_meets);
  ASSERT_TRUE(choice.best.has_value());
  EXPECT_GT(choice.best->size.cpu_millis, 400);
}

TEST(JointSize, NoSizeServesAnSloShorterThanTheCpuTime) {
  auto q = question(2);
  q.objective.slo_latency = 5ms;
  EXPECT_FALSE(choose_size(q).best.has_value());
}

TEST(JointSize, SizesThatNeedMoreReplicasThanAllowedAreLeftOut) {
  auto q = question(100);  // a core of CPU time
  q.objective.max = 3;
  const auto choice = choose_size(q);
  ASSERT_TRUE(choice.best.has_value());
  EXPECT_LE(choice.best->replicas, 3);
  EXPECT_GE(choice.best->size.cpu_millis, 334);
}

TEST(JointSize, DearMemoryFavoursFewerLargerReplicas) {
  auto q = question(60);
  q.least.memory_bytes = 512 * kMiB;
  q.prices = {0.02, 0.0};
  const auto by_cpu = choose_size(q);
  q.prices = {0.02, 0.2};
  const auto by_memory = choose_size(q);
  ASSERT_TRUE(by_cpu.best && by_memory.best);
  EXPECT_LT(by_memory.best->replicas, by_cpu.best->replicas);
  EXPECT_GT(by_memory.best->size.cpu_millis, by_cpu.best->size.cpu_millis);
}

TEST(JointSize, WithoutLoadOrMeasureThereIsNothingToWeigh) {
  auto q = question(0);
  EXPECT_FALSE(choose_size(q).best.has_value());
  q = question(10);
  q.cpu_s_per_request = 0;
  EXPECT_FALSE(choose_size(q).best.has_value());
  q.cpu_s_per_request = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(choose_size(q).best.has_value());
}

RC_GTEST_PROP(JointSize, TheChoiceMeetsTheSloWithinTheLimitsAndCostsNoMoreThanThePresentSize, ()) {
  auto q = question(*rc::gen::inRange(1, 500) / 5.0);
  q.cpu_s_per_request = *rc::gen::inRange(1, 50) / 1000.0;
  q.service.mean_s = *rc::gen::inRange(1, 200) / 1000.0;
  q.concurrency = *rc::gen::inRange(1, 5);
  q.least.cpu_millis = *rc::gen::inRange(10, 250);
  const auto choice = choose_size(q);
  RC_PRE(choice.best.has_value());
  RC_ASSERT(choice.best->size.cpu_millis >= q.least.cpu_millis);
  RC_ASSERT(choice.best->size.cpu_millis <= q.most.cpu_millis);
  RC_ASSERT(choice.best->replicas >= q.objective.min);
  RC_ASSERT(choice.best->replicas <= q.objective.max);
  RC_ASSERT(choice.best->miss_probability <= 0.01 + 1e-12);
  if (choice.current_meets)
    RC_ASSERT(choice.best->price_per_hour <= choice.current.price_per_hour + 1e-12);
}

RC_GTEST_PROP(JointSize, ASmallerLimitNeverServesFaster, ()) {
  auto q = question(1);
  q.cpu_s_per_request = *rc::gen::inRange(1, 100) / 1000.0;
  q.service.mean_s = *rc::gen::inRange(1, 300) / 1000.0;
  const int a = *rc::gen::inRange(10, 4000);
  const int b = *rc::gen::inRange(10, 4000);
  const auto small = service_at(q, std::min(a, b));
  const auto large = service_at(q, std::max(a, b));
  RC_ASSERT(small.mean_s >= large.mean_s - 1e-12);
  RC_ASSERT(small.occupancy_s >= large.occupancy_s);
}

}  // namespace
}  // namespace starling
