// Nodes that are cordoned and drained, and owners of different epochs, in a whole simulated fleet.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/world.h"

namespace starling {
namespace {

ModelSpec model(const std::string& name, int min, int max) {
  ModelSpec spec;
  spec.name = name;
  spec.artifact = "/models/" + name + ".pt";
  spec.resources = {500, 512LL << 20};
  spec.slo = {200ms, 99};
  spec.replicas = {min, max};
  spec.policy = "static";
  return spec;
}

WorldOptions fleet(int nodes, int models, int replicas) {
  WorldOptions options;
  options.nodes = nodes;
  for (int i = 0; i < models; ++i)
    options.models.push_back(model(fmt::format("m{:02}", i), replicas, replicas + 2));
  options.demand = [](std::size_t, Duration) { return 10.0; };
  return options;
}

std::size_t replicas_on(const World& world, const std::string& node) {
  return world.agent(node)->ledger().replicas().size();
}

std::size_t owned_by(const World& world, const WorldOptions& options, const std::string& node) {
  return static_cast<std::size_t>(std::count_if(
      options.models.begin(), options.models.end(),
      [&](const auto& spec) { return world.agent(node)->owner_of(spec.name) != nullptr; }));
}

/// A node that runs something and decides for something.
std::string busy_node(const World& world, const WorldOptions& options) {
  for (const auto& node : world.node_names()) {
    if (replicas_on(world, node) > 0 && owned_by(world, options, node) > 0) return node;
  }
  return "";
}

TEST(Drain, EmptiesTheNodeWhileNoModelHasFewerReadyReplicasThanBefore) {
  const auto options = fleet(6, 8, 3);
  World world(options, 1);
  world.run_for(30s);
  const std::string node = busy_node(world, options);
  ASSERT_FALSE(node.empty());
  ASSERT_TRUE(world.set_scheduling(node, Scheduling::kDraining));
  for (int i = 0; i < 600 && replicas_on(world, node) > 0; ++i) {
    world.run_for(100ms);
    for (const auto& spec : options.models)
      ASSERT_GE(world.ready(spec.name), 3) << spec.name << " at " << seconds(world.since_start());
  }
  EXPECT_EQ(replicas_on(world, node), 0u);
  EXPECT_EQ(owned_by(world, options, node), 0u);
  world.run_for(60s);
  EXPECT_EQ(replicas_on(world, node), 0u) << "it stays empty";
  for (const auto& spec : options.models) EXPECT_EQ(world.ready(spec.name), 3) << spec.name;
}

TEST(Drain, WhatFindsNoRoomStaysAndServes) {
  auto options = fleet(2, 2, 4);
  options.node_size = {2000, 4LL << 30};  // four replicas a node: both are full
  World world(options, 2);
  world.run_for(30s);
  ASSERT_TRUE(world.set_scheduling("n000", Scheduling::kDraining));
  world.run_for(60s);
  EXPECT_EQ(world.ready("m00") + world.ready("m01"), 8);
  EXPECT_EQ(replicas_on(world, "n000"), 4u);
  EXPECT_EQ(owned_by(world, options, "n000"), 0u) << "what it decides for passes all the same";
  int unplaced = 0;
  for (const auto& m : world.agent("n001")->view(world.now()).models) {
    unplaced += m.summary.unplaced;
    EXPECT_EQ(m.summary.leaving, world.ready_on("n000", m.spec.spec.name)) << m.spec.spec.name;
  }
  EXPECT_EQ(unplaced, 4);
  ASSERT_TRUE(world.set_scheduling("n000", Scheduling::kOpen));
  world.run_for(10s);
  EXPECT_EQ(replicas_on(world, "n000"), 4u);
}

TEST(Drain, ACordonedNodeKeepsWhatItRunsAndTakesNothing) {
  auto options = fleet(4, 4, 2);
  World world(options, 3);
  world.run_for(30s);
  const std::string node = busy_node(world, options);
  ASSERT_FALSE(node.empty());
  const auto before = replicas_on(world, node);
  ASSERT_TRUE(world.set_scheduling(node, Scheduling::kCordoned));
  for (auto& spec : options.models) spec.replicas = {6, 8};
  world.set_models(options.models);
  world.run_for(30s);
  EXPECT_EQ(replicas_on(world, node), before);
  for (const auto& spec : options.models) EXPECT_EQ(world.ready(spec.name), 6);
}

TEST(Drain, TheMarkOutlivesTheAgentAndADownNodeCannotBeTold) {
  const auto options = fleet(4, 4, 2);
  World world(options, 4);
  world.run_for(20s);
  ASSERT_TRUE(world.set_scheduling("n001", Scheduling::kDraining));
  world.crash("n001");
  EXPECT_FALSE(world.set_scheduling("n001", Scheduling::kOpen));
  world.run_for(10s);
  world.restart("n001");
  world.run_for(60s);
  EXPECT_EQ(world.agent("n001")->scheduling(), Scheduling::kDraining);
  EXPECT_EQ(replicas_on(world, "n001"), 0u);
  EXPECT_EQ(owned_by(world, options, "n001"), 0u);
}

/// Remembers what each node obeyed, and that epochs never fall while the node remembers.
class Obeyed final : public WorldWatcher {
 public:
  void on_start(const std::string&, const ReplicaStart&, Duration) override {}
  void on_obeyed(const std::string& node, const Agent& agent, const PlacementChanged& change,
                 Duration) override {
    Epoch& last =
        last_[{node, change.replica.model, agent.membership().find(node)->last.incarnation}];
    EXPECT_GE(change.epoch, last) << node << " obeys " << change.owner;
    last = change.epoch;
    const auto& owner = owners_.try_emplace({change.replica.model, change.epoch}, change.owner);
    EXPECT_EQ(owner.first->second, change.owner) << "two owners in one epoch";
    ++commands;
  }
  std::size_t epochs_of(const std::string& model) const {
    return static_cast<std::size_t>(
        std::count_if(owners_.begin(), owners_.end(),
                      [&](const auto& entry) { return entry.first.first == model; }));
  }
  int commands = 0;

 private:
  std::map<std::tuple<std::string, std::string, std::uint64_t>, Epoch> last_;
  std::map<std::pair<std::string, Epoch>, std::string> owners_;
};

TEST(Epoch, AcrossAPartitionAHealAndLateMessagesNoOldOwnerIsObeyed) {
  auto options = fleet(12, 6, 2);
  // Replicas come and go all the time, so that there is something to command.
  for (auto& spec : options.models) {
    spec.policy = "hpa";
    spec.replicas = {2, 8};
  }
  options.demand = [](std::size_t i, Duration since) {
    return static_cast<int>(seconds(since) / 20 + static_cast<double>(i)) % 2 == 0 ? 10.0 : 90.0;
  };
  options.agent.owner.policy.guards.hold_scale = 0.05;
  World world(options, 5);
  Obeyed obeyed;
  world.watch(&obeyed);
  world.run_for(30s);
  const auto names = world.node_names();
  for (int round = 0; round < 3; ++round) {
    NetworkFaults late;
    late.reorder = 0.3;
    late.reorder_delay = 8s;
    world.set_network(late);
    world.partition({names.begin() + round, names.begin() + round + 5});
    world.run_for(20s);
    for (const auto& spec : options.models)
      EXPECT_GE(world.ready(spec.name), 2) << "both sides work on";
    world.heal();
    world.run_for(20s);
    const std::string lost = names[static_cast<std::size_t>(11 - round)];
    world.crash(lost);
    world.run_for(1s);
    world.restart(lost);
    world.set_network({});
    world.run_for(30s);
  }
  EXPECT_GT(obeyed.commands, 50);
  EXPECT_TRUE(std::any_of(options.models.begin(), options.models.end(), [&](const auto& spec) {
    return obeyed.epochs_of(spec.name) > 1;
  })) << "ownership passed";
  EXPECT_TRUE(world.violations().empty());
  for (const auto& spec : options.models) EXPECT_GE(world.ready(spec.name), 2);
}

}  // namespace
}  // namespace starling
