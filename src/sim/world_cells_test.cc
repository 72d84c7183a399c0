// A fleet of several cells, every agent in full, on a network that loses and delays messages.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/world.h"

namespace starling {
namespace {

WorldOptions celled_fleet(int nodes) {
  WorldOptions options;
  options.nodes = nodes;
  options.log = false;
  options.network.loss = 0.02;
  options.network.delay_max = 50ms;
  for (int i = 0; i < 6; ++i) {
    ModelSpec spec;
    spec.name = fmt::format("m{}", i);
    spec.artifact = "/models/" + spec.name + ".pt";
    spec.resources = {500, 512LL << 20};
    spec.slo = {200ms, 99};
    spec.replicas = {2, 6};
    options.models.push_back(spec);
  }
  options.demand = [](std::size_t, Duration) { return 10.0; };
  return options;
}

/// How many of the others the node's agent counts as alive.
int alive(const World& world, const std::string& name) {
  const auto& members = world.agent(name)->membership().members();
  return static_cast<int>(std::count_if(members.begin(), members.end(), [&](const auto& m) {
    return m.first != name && m.second.state == MemberState::kAlive;
  }));
}

class Sent : public WorldWatcher {
 public:
  void on_start(const std::string&, const ReplicaStart&, Duration) override {}
  void on_obeyed(const std::string&, const Agent&, const PlacementChanged&, Duration) override {}
  void on_sent(const std::string&, const std::string&, const Message& message) override {
    digests += std::holds_alternative<Digest>(message);
    changes += std::holds_alternative<Change>(message);
    heartbeats += std::holds_alternative<Heartbeat>(message);
    beats += std::holds_alternative<Beat>(message);
  }
  int digests = 0, changes = 0, heartbeats = 0, beats = 0;
};

TEST(WorldCells, AllKnowAllAndWhatEachRuns) {
  World world(celled_fleet(84), 5);
  world.run_for(20s);
  Sent sent;
  world.watch(&sent);
  world.run_for(20s);
  world.watch(nullptr);
  EXPECT_EQ(sent.heartbeats, 0);
  EXPECT_GE(sent.digests, 3 * 15);
  EXPECT_LE(sent.digests, 3 * 30);
  EXPECT_GT(sent.beats, 84 * 30);
  const auto names = world.node_names();
  const auto ids = [&](const std::string& name, const std::string& model) {
    std::set<std::string> found;
    for (const auto* replica : world.agent(name)->membership().replicas_of(model))
      if (replica->state == ReplicaState::kReady) found.insert(replica->id);
    return found;
  };
  for (const auto& name : names) {
    EXPECT_EQ(alive(world, name), 83) << name;
    EXPECT_LT(world.agent(name)->membership().near().size(), 40u) << name;
    for (int m = 0; m < 6; ++m) {
      const auto model = fmt::format("m{}", m);
      EXPECT_GE(ids(name, model).size(), 2u) << name;
      EXPECT_EQ(ids(name, model), ids(names.front(), model)) << name;
      EXPECT_EQ(world.agent(name)->ranked(model), world.agent(names.front())->ranked(model));
    }
    EXPECT_TRUE(world.dead_routes(name).empty()) << name;
  }
  EXPECT_TRUE(world.violations().empty());
}

TEST(WorldCells, ADeathIsKnownEverywhereInAFewSecondsAndSoIsTheReturn) {
  World world(celled_fleet(84), 6);
  world.run_for(15s);
  const std::vector<std::string> lost{"n004", "n020", "n039"};
  for (const auto& name : lost) world.crash(name);
  world.run_for(5s);
  for (const auto& name : world.node_names()) {
    if (!world.is_up(name)) continue;
    EXPECT_EQ(alive(world, name), 80) << name;
    for (const auto& gone : lost)
      EXPECT_EQ(world.agent(name)->membership().find(gone)->state, MemberState::kDead) << name;
  }
  for (const auto& name : lost) world.restart(name);
  world.run_for(8s);
  for (const auto& name : world.node_names()) EXPECT_EQ(alive(world, name), 83) << name;
}

TEST(WorldCells, ACloudThatIsCutOffIsMissedAndFoundAgain) {
  World world(celled_fleet(84), 7);
  world.run_for(15s);
  std::set<std::string> side;
  for (const auto& name : world.node_names()) {
    if (world.info(name).cloud == "cloud1") side.insert(name);
  }
  world.partition(side);
  world.run_for(9s);
  for (const auto& name : world.node_names())
    EXPECT_EQ(alive(world, name), side.contains(name) ? 27 : 55) << name;
  world.heal();
  world.run_for(8s);
  for (const auto& name : world.node_names()) EXPECT_EQ(alive(world, name), 83) << name;
}

TEST(WorldCells, ALossyNetworkKillsNobody) {
  auto options = celled_fleet(84);
  options.network.loss = 0.05;
  options.network.delay_max = 200ms;
  World world(options, 8);
  world.run_for(60s);
  for (const auto& name : world.node_names()) {
    for (const auto& [other, member] : world.agent(name)->membership().members())
      EXPECT_EQ(member.deaths, 0) << name << " of " << other;
  }
}

}  // namespace
}  // namespace starling
