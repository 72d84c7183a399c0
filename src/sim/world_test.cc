// The control plane under faults: 50 agents on virtual time, every run repeatable from its seed.
#include "sim/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace starling {
namespace {

ModelSpec model(const std::string& name, int min, int max) {
  ModelSpec spec;
  spec.name = name;
  spec.artifact = "/models/" + name + ".pt";
  spec.resources = {500, 512LL << 20};
  spec.slo = {200ms, 99};
  spec.replicas = {min, max};
  return spec;
}

/// Twenty models on fifty nodes, with demand that swings over five minutes.
WorldOptions fleet(int nodes = 50, int models = 20) {
  WorldOptions options;
  options.nodes = nodes;
  options.agent.owner.policy.guards.hold_scale = 0.2;
  for (int i = 0; i < models; ++i)
    options.models.push_back(model(fmt::format("m{:02}", i), 1 + i % 3, 12));
  options.demand = [](std::size_t i, Duration since) {
    return 30 + 8 * static_cast<double>(i % 5) +
           25 * std::sin(seconds(since) / 48 + static_cast<double>(i));
  };
  return options;
}

/// The models that have fewer ready replicas than their minimum.
std::vector<std::string> starved(const World& world, const WorldOptions& options) {
  std::vector<std::string> names;
  for (const auto& spec : options.models) {
    if (world.ready(spec.name) < spec.replicas.min) names.push_back(spec.name);
  }
  return names;
}

/// Every model's owner, as every live agent sees it; empty when they disagree.
std::string agreed_owner(const World& world, const std::string& model) {
  std::string owner;
  for (const auto& node : world.node_names()) {
    if (!world.is_up(node)) continue;
    const auto& ranks = world.agent(node)->ranked(model);
    if (ranks.empty() || (!owner.empty() && owner != ranks.front())) return "";
    owner = ranks.front();
  }
  return owner;
}

TEST(World, EveryModelGetsTheReplicasThatItsLoadNeeds) {
  const auto options = fleet();
  World world(options, 1);
  world.run_for(90s);
  EXPECT_TRUE(starved(world, options).empty());
  EXPECT_TRUE(world.violations().empty()) << world.violations().front().detail;
  for (std::size_t i = 0; i < options.models.size(); ++i) {
    // 50 ms of service: a replica serves 20 requests a second at the most.
    const double busy = options.demand(i, 90s) * options.service_s;
    EXPECT_GE(world.ready(options.models[i].name), busy) << options.models[i].name;
    EXPECT_FALSE(agreed_owner(world, options.models[i].name).empty());
  }
}

TEST(World, ModelsOfALostNodeHaveNewOwnersWithinThreeSeconds) {
  const auto options = fleet();
  World world(options, 3);
  world.run_for(40s);
  const std::string lost = agreed_owner(world, "m00");
  ASSERT_FALSE(lost.empty());
  world.crash(lost);
  world.run_for(3s);
  for (const auto& spec : options.models) {
    const auto owner = agreed_owner(world, spec.name);
    ASSERT_FALSE(owner.empty()) << spec.name;
    EXPECT_NE(owner, lost);
    EXPECT_NE(world.agent(owner)->owner_of(spec.name), nullptr) << spec.name;
  }
}

TEST(World, OneWayLossBetweenTwoNodesKillsNeitherWhileAPathLeadsThroughOthers) {
  const auto options = fleet(6, 4);
  World world(options, 12);
  world.run_for(30s);
  const auto names = world.node_names();
  world.block({{names[0], names[1]}});
  for (int i = 0; i < 600; ++i) {
    world.run_for(100ms);
    for (const auto& from : {names[0], names[1]}) {
      for (const auto& to : {names[0], names[1]}) {
        const auto* member = world.agent(from)->membership().find(to);
        ASSERT_NE(member->state, MemberState::kDead) << from << " of " << to << " after " << i;
      }
    }
  }
  // And what the unheard one tells of itself still arrives.
  const auto* member = world.agent(names[1])->membership().find(names[0]);
  EXPECT_EQ(member->last.replicas.size(), world.agent(names[0])->ledger().replicas().size());
  EXPECT_LE(world.now() - member->heard, 2s);
  for (const auto& spec : options.models) EXPECT_FALSE(agreed_owner(world, spec.name).empty());
}

TEST(World, AGrownSpecIsFollowedAndADeletedModelGoes) {
  auto options = fleet(10, 3);
  World world(options, 4);
  world.run_for(30s);
  options.models[0].replicas = {9, 12};
  options.models.pop_back();
  world.set_models(options.models);
  world.run_for(30s);
  EXPECT_GE(world.ready("m00"), 9);
  EXPECT_EQ(world.ready("m02"), 0);
}

TEST(World, AChangedArtefactIsRolledOutWithoutALapse) {
  auto options = fleet(10, 1);
  options.demand = [](std::size_t, Duration) { return 40.0; };
  World world(options, 5);
  world.run_for(30s);
  const int before = world.ready("m00");
  ASSERT_GE(before, 2);
  options.models[0].artifact = "/models/m00-v2.pt";
  world.set_models(options.models);
  int fewest = before;
  for (int i = 0; i < 300; ++i) {
    world.run_for(100ms);
    fewest = std::min(fewest, world.ready("m00"));
  }
  EXPECT_GE(fewest, 2) << "40 requests a second of 50 ms need two";
  for (const auto& node : world.node_names()) {
    for (const auto& [id, replica] : world.agent(node)->ledger().replicas()) {
      EXPECT_EQ(replica.generation, generation_of(options.models[0])) << id;
    }
  }
}

TEST(World, ScarceCapacityIsNeverOverCommitted) {
  auto options = fleet(4, 12);
  options.node_size = {2000, 4LL << 30};  // sixteen replicas in all
  options.demand = [](std::size_t, Duration) { return 80.0; };
  World world(options, 6);
  world.run_for(120s);
  EXPECT_TRUE(world.violations().empty()) << world.violations().front().detail;
  int total = 0;
  for (const auto& spec : options.models) total += world.ready(spec.name);
  EXPECT_GE(total, 15) << "the capacity that there is must be used";
}

/// Three models that want more than the sixteen replicas that fit; from `shift` on, the first has
/// little to do and the second all the more.
WorldOptions short_of_room(Duration shift) {
  auto options = fleet(4, 3);
  options.node_size = {2000, 4LL << 30};
  options.agent.owner.interval = 10s;
  options.demand = [shift](std::size_t i, Duration since) {
    if (i == 2) return 40.0;
    return (i == 0) == (since < shift) ? 200.0 : 20.0;
  };
  return options;
}

TEST(World, WhatIsShortMovesToWhereItIsWorthMore) {
  const auto options = short_of_room(600s);
  World world(options, 17);
  world.run_for(600s);
  const int before = world.ready("m00");
  EXPECT_GE(before, 8) << "200 requests a second of 50 ms need a dozen";
  world.run_for(300s);
  EXPECT_GE(world.ready("m01"), 8);
  EXPECT_LE(world.ready("m00"), before - 5);
  EXPECT_GE(world.ready("m02"), 3);
  EXPECT_TRUE(starved(world, options).empty());
  EXPECT_TRUE(world.violations().empty()) << world.violations().front().detail;
  EXPECT_NE(world.event_log().find("purchase"), std::string::npos);
}

TEST(World, ReplicasBeyondTheWishGoOnceNothingWasShortForAWhile) {
  auto options = short_of_room(600s);
  options.agent.shortage_memory = 120s;
  options.demand = [](std::size_t, Duration since) { return since < 300s ? 200.0 : 20.0; };
  World world(options, 18);
  world.run_for(300s);
  const auto total = [&] { return world.ready("m00") + world.ready("m01") + world.ready("m02"); };
  EXPECT_GE(total(), 15);
  world.run_for(3700s);  // an hour is remembered
  EXPECT_LE(total(), 9);
}

TEST(World, BothSidesOfAPartitionServeAndTheSurplusGoesAfterTheHeal) {
  auto options = fleet(10, 4);
  options.demand = [](std::size_t, Duration) { return 30.0; };
  World world(options, 9);
  world.run_for(40s);
  std::map<std::string, int> before;
  for (const auto& spec : options.models) before[spec.name] = world.ready(spec.name);
  world.partition({"n000", "n001", "n002", "n003"});
  world.run_for(30s);
  for (const auto& side : {"n000", "n009"}) {
    for (const auto& spec : options.models) {
      const auto routes = world.agent(side)->view(world.now());
      const auto found = std::find_if(routes.models.begin(), routes.models.end(),
                                      [&](const auto& m) { return m.spec.spec.name == spec.name; });
      ASSERT_NE(found, routes.models.end());
      EXPECT_GE(found->ready, spec.replicas.min) << side << " " << spec.name;
    }
  }
  world.heal();
  world.run_for(60s);
  for (const auto& spec : options.models) {
    EXPECT_LE(world.ready(spec.name), before[spec.name] + 2) << spec.name;
    EXPECT_FALSE(agreed_owner(world, spec.name).empty());
  }
}

/// The revision of each node's specs, as it last read them; 0 for a node that knows no model.
std::map<std::string, std::uint64_t> revisions(const World& world) {
  std::map<std::string, std::uint64_t> seen;
  for (const auto& node : world.node_names()) {
    if (!world.is_up(node)) continue;
    const auto view = world.agent(node)->view(world.now());
    seen[node] = view.models.empty() ? 0 : view.models.front().spec.revision;
  }
  return seen;
}

TEST(World, NodesWithoutAQuorumKeepTheirSpecsUntilTheHeal) {
  auto options = fleet(10, 3);
  options.demand = [](std::size_t, Duration) { return 30.0; };
  World world(options, 11);
  world.run_for(30s);
  const std::set<std::string> cut_off{"n000", "n001", "n002", "n003"};
  world.partition(cut_off);
  options.models[0].replicas.min = 4;
  options.models.push_back(model("m99", 1, 2));
  ASSERT_TRUE(world.set_models(options.models));
  for (const auto& [node, revision] : revisions(world))
    EXPECT_EQ(revision, 1u) << node << " knew of the change at once";
  world.run_for(2s);
  for (const auto& [node, revision] : revisions(world))
    EXPECT_EQ(revision, cut_off.contains(node) ? 1u : 2u) << node;
  world.run_for(18s);
  // A node that starts without a quorum finds no specs at all.
  world.crash("n003");
  world.restart("n003");
  world.run_for(10s);
  for (const auto& node : cut_off) {
    EXPECT_EQ(revisions(world).at(node), node == "n003" ? 0u : 1u) << node;
    EXPECT_TRUE(world.agent(node)->ranked("m99").empty()) << node;
  }
  world.heal();
  world.run_for(2s);
  for (const auto& [node, revision] : revisions(world)) EXPECT_EQ(revision, 2u) << node;
  world.run_for(28s);
  EXPECT_TRUE(starved(world, options).empty());
  EXPECT_TRUE(world.violations().empty()) << world.violations().front().detail;
}

TEST(World, WithoutAQuorumAnywhereNoSpecChanges) {
  auto options = fleet(10, 2);
  World world(options, 12);
  world.run_for(20s);
  world.partition({"n000", "n001", "n002", "n003", "n004"});
  auto changed = options.models;
  changed.pop_back();
  EXPECT_FALSE(world.set_models(changed));
  world.run_for(20s);
  for (const auto& [node, revision] : revisions(world)) EXPECT_EQ(revision, 1u) << node;
  EXPECT_TRUE(starved(world, options).empty()) << "both sides go on from the last specs";
  world.heal();
  EXPECT_TRUE(world.set_models(changed));
}

/// Random faults from a seed, and 45 s of calm in the end.
void storm(World& world, std::uint64_t seed) {
  Rng rng = Rng(seed).split(99);
  const auto names = world.node_names();
  const auto any = [&] { return names[rng.below(names.size())]; };
  world.run_for(20s);
  for (int i = 0; i < 12; ++i) {
    switch (rng.below(4)) {
      case 0:
        world.crash(any());
        break;
      case 1:
        world.restart(any());
        break;
      case 2: {
        std::set<std::string> side;
        for (const auto& name : names) {
          if (rng.chance(0.3)) side.insert(name);
        }
        world.partition(std::move(side));
        break;
      }
      default:
        world.heal();
        break;
    }
    world.run_for(from_seconds(rng.uniform(0.5, 8)));
  }
  world.heal();
  world.set_network({});
  world.run_for(45s);
}

WorldOptions stormy_fleet() {
  auto options = fleet();
  options.network = {0.05, 0.05, 1ms, 150ms};
  options.start_failure = 0.05;
  return options;
}

std::string events_of_storm(std::uint64_t seed) {
  World world(stormy_fleet(), seed);
  storm(world, seed);
  return world.event_log();
}

TEST(World, SameSeedGivesTheSameStormByteForByte) {
  const auto first = events_of_storm(100);
  for (const char* event : {" lost to ", " from ", " crash\n", " boot\n", " start ", " decides "})
    EXPECT_NE(first.find(event), std::string::npos) << event;
  const auto again = events_of_storm(100);
  const auto differs = std::mismatch(first.begin(), first.end(), again.begin(), again.end()).first;
  EXPECT_EQ(first.size(), again.size());
  EXPECT_TRUE(differs == first.end())
      << "from here on: " << std::string(differs, first.end()).substr(0, 300);
  World other(stormy_fleet(), 101);
  other.run_for(20s);
  EXPECT_FALSE(first.starts_with(other.event_log()));
}

/// After the last fault everything must come right.
class Storm : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Storm, ConvergesAfterTheLastFault) {
  const auto options = stormy_fleet();
  World world(options, GetParam());
  storm(world, GetParam());
  EXPECT_TRUE(world.violations().empty()) << world.violations().front().detail;
  const auto missing = starved(world, options);
  EXPECT_TRUE(missing.empty()) << missing.front();
  for (const auto& spec : options.models)
    EXPECT_FALSE(agreed_owner(world, spec.name).empty()) << spec.name;
}

INSTANTIATE_TEST_SUITE_P(Seeds, Storm, ::testing::Range<std::uint64_t>(100, 104));

}  // namespace
}  // namespace starling
