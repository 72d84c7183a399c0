// Batches, and replicas that fail with requests in service.
#include "sim/model_queue.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

constexpr double kServiceS = 1;

ModelQueue constant_queue(Batching batch, bool may_fail, int queue_limit = 100) {
  return ModelQueue({Distribution::Law::kConstant, kServiceS, 0, 1, {}}, std::nullopt, 10,
                    queue_limit, 1, Rng(1), batch, may_fail);
}

TEST(ModelQueue, AFreeSlotTakesWhatWaitsAsOneBatch) {
  ModelQueue queue = constant_queue({3, 0.5}, false);
  queue.add_replica(0);
  queue.arrive(0);  // alone until 1 s
  for (const double t : {0.1, 0.2, 0.3, 0.4}) queue.arrive(t);
  queue.advance(2.9);
  // Three together: 1 s · (1 + 0.5 · 2), from 1 s to 3 s; the fourth waits for the slot.
  EXPECT_EQ(queue.totals().served, 4u);
  EXPECT_EQ(queue.waiting(), 1u);
  EXPECT_NEAR(queue.totals().latency_sum_s, 1 + 2.9 + 2.8 + 2.7, 1e-12);
  EXPECT_NEAR(queue.totals().busy_s, 3, 1e-12) << "the slot's time, whatever shares it";
  queue.advance(3);
  EXPECT_NEAR(queue.totals().latency_sum_s, 1 + 2.9 + 2.8 + 2.7 + 3.6, 1e-12);
}

TEST(ModelQueue, RejectsWhatCannotMeetItsSloAndCountsItApart) {
  // An SLO of 10 s, 1 s each: behind the one in service nine may wait.
  ModelQueue queue = constant_queue({}, false, 12);
  queue.control_admission({kServiceS, 0});
  queue.add_replica(0);
  for (int i = 0; i < 15; ++i) queue.arrive(0);
  EXPECT_EQ(queue.waiting(), 9u);
  EXPECT_EQ(queue.totals().rejected, 5u);
  EXPECT_EQ(queue.totals().dropped, 0u);
  EXPECT_EQ(queue.observe(5).missed, 5u);
  queue.add_replica(5);  // three wait by then, and as of now two are served a second
  for (int i = 0; i < 20; ++i) queue.arrive(5);
  EXPECT_EQ(queue.totals().rejected, 5u);
  EXPECT_EQ(queue.totals().dropped, 11u) << "the queue's own limit still holds";
  queue.advance(100);
  EXPECT_EQ(queue.totals().met_slo, 19u);
}

TEST(ModelQueue, HoldsAsManyAsOneReplicaTakesWhileNoneIsReady) {
  ModelQueue queue = constant_queue({}, false);
  queue.control_admission({kServiceS, 0});
  queue.add_replica(30);
  for (int i = 0; i < 15; ++i) queue.arrive(0);
  EXPECT_EQ(queue.waiting(), 10u);
  EXPECT_EQ(queue.totals().rejected, 5u);
}

TEST(ModelQueue, ABatchsRequestsAreAllInService) {
  ModelQueue queue = constant_queue({4, 0}, false);
  queue.add_replica(0);
  for (const double t : {0.0, 0.5, 0.5}) queue.arrive(t);
  queue.advance(1.5);
  const QueueWindow window = queue.observe(1.5);
  EXPECT_NEAR(window.utilization, 1, 1e-12);
  EXPECT_NEAR(window.in_service, (1 + 2 * 0.5) / 1.5, 1e-12);
  EXPECT_NEAR(window.waiting, 2 * 0.5 / 1.5, 1e-12);
  queue.advance(3);
  EXPECT_NEAR(queue.observe(3).in_service, 2 * 0.5 / 1.5, 1e-12) << "what the last window left";
}

TEST(ModelQueue, BatchesRaiseTheThroughputByTheirMarginalTime) {
  ModelQueue queue = constant_queue({8, 0.2}, false, 1000);
  queue.add_replica(0);
  for (int i = 0; i < 100'000; ++i) queue.arrive(i * 0.01);
  // Eight in 1 s · (1 + 0.2 · 7) = 2.4 s, of a hundred a second that come.
  EXPECT_NEAR(static_cast<double>(queue.totals().served), 1000 / 2.4 * 8, 20);
}

TEST(ModelQueue, WhatAFailedReplicaServedGoesFirstAndKeepsItsArrival) {
  ModelQueue queue = constant_queue({}, true, 1);
  const int first = queue.add_replica(0);
  queue.add_replica(0.1);
  queue.arrive(0);
  queue.arrive(0.2);
  queue.arrive(0.3);  // waits; the queue is full
  queue.advance(0.5);
  queue.fail_replica(first, 0.5);
  EXPECT_EQ(queue.replicas(), 1);
  EXPECT_EQ(queue.totals().retried, 1u);
  EXPECT_EQ(queue.totals().served, 1u);
  EXPECT_EQ(queue.waiting(), 2u) << "beyond the limit";
  EXPECT_EQ(queue.totals().dropped, 0u);
  queue.advance(10);
  // The other one is free at 1.2 s: the first request is done at 2.2 s, the third at 3.2 s.
  EXPECT_NEAR(queue.totals().latency_sum_s, 1.0 + 2.2 + 2.9, 1e-12);
  EXPECT_NEAR(queue.totals().wait_sum_s, 0 + 1.2 + 1.9, 1e-12);
  EXPECT_NEAR(queue.totals().busy_s, 3 + 0.5, 1e-12) << "half a second was in vain";
  EXPECT_EQ(queue.totals().served, 3u);
  EXPECT_EQ(queue.totals().met_slo, 3u);
  EXPECT_NEAR(queue.totals().latencies.quantile(1), 2.9, 0.03) << "no latency of the failed one";
}

TEST(ModelQueue, ATerminatingReplicaCanFailToo) {
  ModelQueue queue = constant_queue({}, true);
  queue.add_replica(0);
  queue.arrive(0);
  const auto removed = queue.remove_replica(0.2);
  EXPECT_EQ(removed.finished_at, 1);
  queue.fail_replica(removed.replica, 0.4);
  EXPECT_EQ(queue.waiting(), 1u);
  queue.add_replica(0.4);
  queue.advance(1);
  EXPECT_NEAR(queue.totals().latency_sum_s, 1.4, 1e-12);
}

TEST(ModelQueue, AWholeBatchIsTakenBack) {
  ModelQueue queue = constant_queue({4, 0.1}, true);
  const int only = queue.add_replica(1);
  for (const double t : {0.1, 0.2, 0.3}) queue.arrive(t);
  queue.advance(1.5);
  EXPECT_EQ(queue.totals().served, 3u);
  queue.fail_replica(only, 1.5);
  EXPECT_EQ(queue.totals().served, 0u);
  EXPECT_NEAR(queue.totals().latency_sum_s, 0, 1e-12);
  EXPECT_NEAR(queue.totals().busy_s, 0.5, 1e-12);
  queue.drop_waiting();
  EXPECT_EQ(queue.totals().dropped, 3u);
}

}  // namespace
}  // namespace starling
