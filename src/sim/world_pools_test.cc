// Elastic nodes in a whole simulated fleet: asked for, used, given back, whoever decides.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/world.h"

namespace starling {
namespace {

ModelSpec model(int replicas) {
  ModelSpec spec;
  spec.name = "m";
  spec.artifact = "/models/m.pt";
  spec.resources = {500, 512LL << 20};
  spec.slo = {200ms, 99};
  spec.replicas = {replicas, 40};
  spec.policy = "static";
  return spec;
}

/// Three nodes for four replicas each, and up to four elastic ones for as many each.
WorldOptions elastic_fleet(int replicas) {
  WorldOptions options;
  options.nodes = 3;
  options.node_size = {2000, 4LL << 30};
  options.models = {model(replicas)};
  options.demand = [](std::size_t, Duration) { return 10.0; };
  PoolOptions pool;
  pool.name = "burst";
  pool.max = 4;
  pool.node_size = options.node_size;
  pool.cloud = "elastic";
  pool.idle = 20s;
  options.agent.pools = {pool};
  return options;
}

std::vector<std::string> elastic(const World& world, const std::string& pool = "burst") {
  std::vector<std::string> names;
  for (const auto& name : world.node_names()) {
    if (slot_of(pool, name) && world.is_up(name)) names.push_back(name);
  }
  return names;
}

std::string decider(const World& world) {
  std::string found;
  for (const auto& name : world.node_names()) {
    if (!world.is_up(name) || world.is_frozen(name)) continue;
    for (const auto& member : world.agent(name)->view(world.now()).members) {
      if (member.last.node.name != name) continue;
      for (const auto& pool : member.last.pools) found = pool.decides ? name : found;
    }
  }
  return found;
}

TEST(WorldPools, NodesComeWhenDemandDoesNotFitAndGoAfterItWithoutALostReplica) {
  World world(elastic_fleet(10), 1);
  world.run_for(40s);
  EXPECT_EQ(world.ready("m"), 10);
  EXPECT_TRUE(elastic(world).empty());
  ASSERT_TRUE(world.set_models({model(19)}));
  world.run_for(40s);
  EXPECT_EQ(world.ready("m"), 19);
  EXPECT_EQ(elastic(world).size(), 2u);
  // Ten would leave less than the headroom.
  ASSERT_TRUE(world.set_models({model(9)}));
  for (int i = 0; i < 2400 && !elastic(world).empty(); ++i) {
    world.run_for(100ms);
    ASSERT_GE(world.ready("m"), 9);
  }
  EXPECT_TRUE(elastic(world).empty());
  world.run_for(2min);
  EXPECT_TRUE(elastic(world).empty()) << "and stay away";
  EXPECT_EQ(world.ready("m"), 9);
  EXPECT_TRUE(world.violations().empty());
}

TEST(WorldPools, WhenTheNodeThatDecidesDiesTheNextGoesOn) {
  World world(elastic_fleet(10), 2);
  world.run_for(20s);
  const std::string first = decider(world);
  ASSERT_FALSE(first.empty());
  ASSERT_TRUE(world.set_models({model(19)}));
  world.run_for(5s);
  world.crash(first);
  world.run_for(90s);
  const std::string second = decider(world);
  EXPECT_NE(second, first);
  EXPECT_EQ(world.ready("m"), 19) << "two nodes of the three, and three elastic ones";
  EXPECT_EQ(elastic(world).size(), 3u);
  world.restart(first);
  ASSERT_TRUE(world.set_models({model(4)}));
  world.run_for(4min);
  EXPECT_TRUE(elastic(world).empty());
  EXPECT_EQ(world.ready("m"), 4);
  EXPECT_TRUE(world.violations().empty());
}

TEST(WorldPools, TwoThatDecideDuringAPartitionMakeNoMoreThanTheMaximum) {
  World world(elastic_fleet(10), 3);
  world.run_for(20s);
  const std::string first = decider(world);
  ASSERT_TRUE(world.set_models({model(40)}));
  world.run_for(3s);
  world.partition({first});
  for (int i = 0; i < 90; ++i) {
    world.run_for(1s);
    ASSERT_LE(elastic(world).size(), 4u);
  }
  world.heal();
  world.run_for(60s);
  EXPECT_EQ(world.ready("m"), 28) << "all that seven nodes hold";
  ASSERT_TRUE(world.set_models({model(6)}));
  world.run_for(6min);
  EXPECT_TRUE(elastic(world).empty());
  EXPECT_EQ(world.ready("m"), 6);
  EXPECT_TRUE(world.violations().empty());
}

TEST(WorldPools, TheCheaperPoolGoesFirstAndTheDearerFillsUp) {
  auto options = elastic_fleet(12);
  options.agent.pools.front().price_per_hour = 0.2;
  PoolOptions cheap = options.agent.pools.front();
  cheap.name = "spot";
  cheap.max = 1;
  cheap.price_per_hour = 0.1;
  options.agent.pools.push_back(cheap);
  World world(options, 4);
  world.run_for(20s);
  ASSERT_TRUE(world.set_models({model(15)}));
  world.run_for(60s);
  EXPECT_EQ(elastic(world, "spot").size(), 1u);
  EXPECT_EQ(elastic(world, "burst").size(), 0u) << "one node is enough, and the cheaper one";
  ASSERT_TRUE(world.set_models({model(19)}));
  world.run_for(60s);
  EXPECT_EQ(elastic(world, "spot").size(), 1u);
  EXPECT_EQ(elastic(world, "burst").size(), 1u);
  EXPECT_EQ(world.ready("m"), 19);
}

}  // namespace
}  // namespace starling
