// Ten seconds of a node, metered from what it looks like at each tick.
#include "apps/agent/meter.h"

#include <gtest/gtest.h>

namespace starling::agent {
namespace {

FleetView view_at(double second, int replicas) {
  FleetView view;
  view.now = from_unix_seconds(second);
  view.self = "n1";
  view.members.resize(2);
  view.members[0].last.node.name = "n1";
  view.members[0].last.node.price_per_cpu_hour = 0.04;
  view.members[0].last.node.price_per_gpu_hour = 1;
  view.members[1].last.node.name = "n2";
  for (int i = 0; i < replicas; ++i) {
    ReplicaStatus replica;
    replica.id = std::to_string(i);
    replica.model = "digits";
    replica.node = "n1";
    replica.resources = {.cpu_millis = 500, .memory_bytes = std::int64_t{1} << 30, .gpus = 1};
    replica.cpu_cores = 0.25;
    view.members[0].last.replicas.push_back(replica);
  }
  ReplicaStatus elsewhere;
  elsewhere.model = "digits";
  elsewhere.node = "n2";
  elsewhere.resources.cpu_millis = 8000;
  view.members[1].last.replicas.push_back(elsewhere);
  return view;
}

TEST(MeterTest, AddsUpWhatTheNodesOwnReplicasHeld) {
  Meter meter;
  EXPECT_FALSE(meter.observe(view_at(100, 2)));
  EXPECT_FALSE(meter.observe(view_at(105, 2)));
  const auto reading = meter.observe(view_at(110, 1));
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->start, from_unix_seconds(100));
  EXPECT_EQ(reading->length, 10s);
  // Two replicas for five seconds, then one for five.
  const Held& held = reading->models.at("digits");
  EXPECT_DOUBLE_EQ(held.replica_seconds, 15);
  EXPECT_DOUBLE_EQ(held.cpu_core_seconds, 7.5);
  EXPECT_DOUBLE_EQ(held.memory_gib_seconds, 15);
  EXPECT_NEAR(held.cost, 15.0 / 3600 * (0.04 * 0.5 / 2 + 0.01 / 2 + 1), 1e-12)
      << "half a core, a GiB at a quarter of a core's price, half each, and a GPU";
  EXPECT_DOUBLE_EQ(reading->cpu_used, 0.375);
  EXPECT_DOUBLE_EQ(reading->memory_held_bytes, 1.5 * 1024 * 1024 * 1024);
  EXPECT_EQ(reading->replicas, 1);
}

TEST(MeterTest, PeriodsEndAtWholeTensAndTheFirstIsShorter) {
  Meter meter;
  EXPECT_FALSE(meter.observe(view_at(106, 1)));
  const auto first = meter.observe(view_at(110, 1));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->length, 4s);
  EXPECT_FALSE(meter.observe(view_at(119.9, 1)));
  const auto second = meter.observe(view_at(120, 1));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->start, from_unix_seconds(110));
  EXPECT_DOUBLE_EQ(second->models.at("digits").replica_seconds, 10);
}

TEST(MeterTest, OfALongPauseNoMoreThanAPeriodIsCounted) {
  Meter meter;
  EXPECT_FALSE(meter.observe(view_at(100, 1)));
  const auto reading = meter.observe(view_at(5000, 1));
  ASSERT_TRUE(reading);
  EXPECT_DOUBLE_EQ(reading->models.at("digits").replica_seconds, 10);
}

TEST(MeterTest, ANodeWithoutReplicasStillHasAReading) {
  Meter meter;
  EXPECT_FALSE(meter.observe(view_at(100, 0)));
  const auto reading = meter.observe(view_at(110, 0));
  ASSERT_TRUE(reading);
  EXPECT_TRUE(reading->models.empty());
  EXPECT_EQ(reading->length, 10s);
}

}  // namespace
}  // namespace starling::agent
