// Who is alive: silence, news that is old, farewells, and the index of replicas.
#include "control/membership.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "control/cells.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using Names = std::vector<std::string>;

MemberState state_of(const Membership& members, const std::string& name) {
  return members.find(name)->state;
}

TEST(Membership, ASilentNodeIsSuspectAndThenDead) {
  Membership members{{}};
  ASSERT_TRUE(members.on_heartbeat(heartbeat(node("a"), 1), at(0s)));
  EXPECT_TRUE(members.on_tick(at(1190ms)).empty());
  EXPECT_EQ(state_of(members, "a"), MemberState::kAlive);
  EXPECT_EQ(members.on_tick(at(1300ms)), Names{"a"});
  EXPECT_EQ(state_of(members, "a"), MemberState::kSuspect);
  EXPECT_EQ(members.live(), Names{"a"}) << "a suspect still takes part";
  EXPECT_TRUE(members.on_tick(at(1990ms)).empty());
  EXPECT_EQ(members.on_tick(at(2s)), Names{"a"});
  EXPECT_EQ(state_of(members, "a"), MemberState::kDead);
  EXPECT_EQ(members.find("a")->deaths, 1);
  EXPECT_TRUE(members.live().empty());
}

TEST(Membership, NeverMissesItself) {
  Membership members{{}};
  members.on_heartbeat(heartbeat(node("a"), 1), at(0s));
  EXPECT_TRUE(members.on_tick(at(10s), "a").empty());
  EXPECT_EQ(members.live(), Names{"a"});
}

TEST(Membership, ABeatIsASignOfLifeAndSaysWhetherContentWasMissed) {
  Membership members{{}};
  const auto r = replica("r", model("m"), "a");
  EXPECT_FALSE(members.on_beat({"a", 1, 1, 1}, at(0s))) << "nothing is known of it";
  members.on_heartbeat(heartbeat(node("a"), 1, {r}), at(0s));
  EXPECT_TRUE(members.on_beat({"a", 1, 2, 1}, at(1s)));
  EXPECT_TRUE(members.on_tick(at(2s)).empty());
  EXPECT_EQ(members.replicas_of("m").size(), 1u) << "what it said still holds";
  EXPECT_FALSE(members.find("a")->content_missed);
  EXPECT_FALSE(members.on_beat({"a", 1, 2, 1}, at(2s))) << "the same one again";
  EXPECT_FALSE(members.on_beat({"a", 2, 9, 9}, at(2s))) << "of another life";
  EXPECT_TRUE(members.on_beat({"a", 1, 4, 3}, at(2s)));
  EXPECT_TRUE(members.find("a")->content_missed);
  EXPECT_TRUE(members.on_heartbeat(heartbeat(node("a"), 3), at(2100ms)))
      << "the beat had only overtaken it";
  EXPECT_FALSE(members.find("a")->content_missed);
  EXPECT_TRUE(members.replicas_of("m").empty());
  EXPECT_EQ(members.find("a")->heard, at(2s));
}

TEST(Membership, ABeatBringsADeadNodeBackButNotOneThatLeft) {
  Membership members{{}};
  members.on_heartbeat(heartbeat(node("a"), 1), at(0s));
  members.on_tick(at(2s));
  members.on_tick(at(9s));
  ASSERT_TRUE(members.live().empty());
  EXPECT_TRUE(members.on_beat({"a", 1, 2, 1}, at(10s)));
  EXPECT_EQ(members.live(), Names{"a"});
  auto farewell = heartbeat(node("a"), 3);
  farewell.leaving = true;
  members.on_heartbeat(farewell, at(11s));
  EXPECT_FALSE(members.on_beat({"a", 1, 4, 1}, at(11s)));
  EXPECT_TRUE(members.live().empty());
}

TEST(Membership, WhatOthersHeardCountsFromWhenTheyHeardIt) {
  Membership members{{}};
  members.on_heartbeat(heartbeat(node("a"), 1), at(0s));
  EXPECT_TRUE(members.on_relayed(heartbeat(node("a"), 2), at(800ms), at(1s)));
  EXPECT_FALSE(members.on_relayed(heartbeat(node("a"), 2), at(1s), at(1s))) << "nothing new";
  EXPECT_TRUE(members.on_tick(at(1900ms)).empty());
  EXPECT_EQ(members.on_tick(at(2100ms)), Names{"a"}) << "silent since 800 ms";
  members.on_tick(at(9s));
  EXPECT_FALSE(members.on_relayed(heartbeat(node("a"), 5), at(3s), at(9s)))
      << "old news bring nobody back";
  EXPECT_TRUE(members.on_relayed(heartbeat(node("a"), 5), at(9s), at(9100ms)));
  EXPECT_EQ(members.live(), Names{"a"});
}

TEST(Membership, OnlyNodesThatKnowTheSpecsDecideUnlessNoneDoes) {
  Membership members{{}};
  auto a = heartbeat(node("a"), 1);
  a.without_specs = true;
  members.on_heartbeat(a, at(0s));
  EXPECT_EQ(members.deciding(), Names{"a"}) << "nobody knows better";
  members.on_heartbeat(heartbeat(node("b"), 1), at(0s));
  EXPECT_EQ(members.deciding(), Names{"b"});
  EXPECT_EQ(members.live(), (Names{"a", "b"}));
  members.on_heartbeat(heartbeat(node("a"), 2), at(500ms));
  EXPECT_EQ(members.deciding(), (Names{"a", "b"}));
  members.on_heartbeat(heartbeat(node("a"), 3), at(2s));
  members.on_tick(at(1500ms));
  members.on_tick(at(2300ms));
  EXPECT_EQ(members.deciding(), Names{"a"}) << "b is dead";
}

TEST(Membership, DrainingNodesDecideOnlyWhileAnOlderAgentCountsOnThem) {
  Membership members{{}};
  const auto beat = [](const char* name, std::uint64_t sequence, int understands) {
    auto one = heartbeat(node(name), sequence);
    one.understands = understands;
    return one;
  };
  auto leaving = beat("b", 1, 1);
  leaving.scheduling = Scheduling::kDraining;
  members.on_heartbeat(beat("a", 1, 1), at(0s));
  members.on_heartbeat(leaving, at(0s));
  EXPECT_EQ(members.deciding(), Names{"a"});
  members.on_heartbeat(beat("c", 1, 0), at(0s));
  EXPECT_EQ(members.deciding(), (Names{"a", "b", "c"}));
  members.on_heartbeat(beat("c", 1, 1), at(1s));
  members.on_heartbeat(beat("c", 2, 1), at(1s));
  EXPECT_EQ(members.deciding(), (Names{"a", "c"})) << "c was upgraded";
}

TEST(Membership, AHeartbeatBringsASuspectAndADeadNodeBack) {
  Membership members{{}};
  members.on_heartbeat(heartbeat(node("a"), 1), at(0s));
  members.on_tick(at(1600ms));
  members.on_heartbeat(heartbeat(node("a"), 2), at(1700ms));
  EXPECT_EQ(state_of(members, "a"), MemberState::kAlive);
  members.on_tick(at(10s));
  members.on_tick(at(11s));
  EXPECT_TRUE(members.live().empty());
  members.on_heartbeat(heartbeat(node("a"), 3), at(11s));
  EXPECT_EQ(members.live(), Names{"a"});
}

TEST(Membership, ADeadNodeThatComesBackWithAnEarlierClockIsHeard) {
  Membership members{{}};
  members.on_heartbeat(heartbeat(node("a"), 9, {}, 5), at(0s));
  EXPECT_FALSE(members.on_heartbeat(heartbeat(node("a"), 1, {}, 4), at(1s))) << "it is alive";
  members.on_tick(at(2s));
  members.on_tick(at(5s));
  EXPECT_TRUE(members.on_heartbeat(heartbeat(node("a"), 1, {}, 4), at(6s)));
  EXPECT_EQ(members.live(), Names{"a"});
}

TEST(Membership, ANewLifeHasNoContentOfTheOneBefore) {
  Membership members{{}};
  members.on_heartbeat(heartbeat(node("a"), 50'000), at(0s));
  Heartbeat restarted = heartbeat(node("a"), 1);
  restarted.incarnation = 2;
  restarted.node.cloud = "another";
  ASSERT_TRUE(members.on_heartbeat(restarted, at(1s)));
  EXPECT_EQ(members.find("a")->content_before, 1u) << "what relays tell while it settles";
  EXPECT_EQ(members.find("a")->path, cell_path(restarted.node));
}

TEST(Membership, ADeadNodeThatComesBackFarAwayWithAnEarlierClockIsFetched) {
  Membership members{{}};
  Heartbeat before = heartbeat(node("a"), 1);
  before.incarnation = 9;
  members.on_heartbeat(before, at(0s));
  const NodeDigest lives{MemberState::kAlive, {}, 1};
  EXPECT_TRUE(members.on_digest({"a", 8}, lives, "relay", at(100ms))) << "old news while it lives";
  for (int second = 1; second <= 10; ++second) members.on_tick(at(second * 1s));
  ASSERT_EQ(state_of(members, "a"), MemberState::kDead);
  EXPECT_FALSE(members.on_digest({"a", 8}, lives, "relay", at(61s))) << "asked what it is now";
}

TEST(Membership, ADeadNodeIsForgottenAfterAnHour) {
  Membership members{{}};
  members.on_heartbeat(heartbeat(node("a"), 1), at(0s));
  members.on_tick(at(59min));
  EXPECT_NE(members.find("a"), nullptr);
  members.on_tick(at(61min));
  EXPECT_EQ(members.find("a"), nullptr);
}

TEST(Membership, OldNewsIsIgnored) {
  Membership members{{}};
  const auto spec = model("m");
  EXPECT_TRUE(members.on_heartbeat(heartbeat(node("a"), 5, {}, 2), at(0s)));
  EXPECT_FALSE(members.on_heartbeat(heartbeat(node("a"), 5, {}, 2), at(1s)))
      << "the same one again";
  EXPECT_FALSE(members.on_heartbeat(heartbeat(node("a"), 4, {replica("r", spec, "a")}, 2), at(1s)));
  EXPECT_FALSE(members.on_heartbeat(heartbeat(node("a"), 99, {}, 1), at(1s)))
      << "of an earlier life";
  EXPECT_EQ(members.find("a")->heard, at(0s)) << "old news is no sign of life";
  EXPECT_TRUE(members.replicas().empty());
  EXPECT_TRUE(members.on_heartbeat(heartbeat(node("a"), 1, {}, 3), at(1s)))
      << "a new life counts from one";
}

TEST(Membership, ANodeThatLeftIsGoneAtOnceAndForGood) {
  Membership members{{}};
  members.on_heartbeat(heartbeat(node("a"), 1, {replica("r", model("m"), "a")}), at(0s));
  auto farewell = heartbeat(node("a"), 3);
  farewell.leaving = true;
  members.on_heartbeat(farewell, at(100ms));
  EXPECT_EQ(state_of(members, "a"), MemberState::kLeft);
  EXPECT_TRUE(members.live().empty());
  EXPECT_TRUE(members.replicas_of("m").empty());
  EXPECT_FALSE(members.on_heartbeat(heartbeat(node("a"), 2), at(150ms)))
      << "overtaken by the farewell";
  EXPECT_TRUE(members.on_tick(at(60s)).empty()) << "who left does not die";
  EXPECT_TRUE(members.on_heartbeat(heartbeat(node("a"), 1, {}, 2), at(61s)));
  EXPECT_EQ(members.live(), Names{"a"});
}

TEST(Membership, ForgivingCountsTheLiveAsHeardJustNowButWakesNoDead) {
  Membership members{{}};
  members.on_heartbeat(heartbeat(node("dead"), 1), at(0s));
  members.on_tick(at(2s));
  members.on_tick(at(5s));
  members.on_heartbeat(heartbeat(node("alive"), 1), at(5s));
  members.forgive(at(60s));
  members.on_tick(at(60s));
  EXPECT_EQ(state_of(members, "alive"), MemberState::kAlive);
  EXPECT_EQ(state_of(members, "dead"), MemberState::kDead);
}

TEST(Membership, ReplicasOfAModelFollowTheLastHeartbeats) {
  Membership members{{}};
  const auto m = model("m"), other = model("other");
  const auto ids = [&](const std::string& name) {
    Names found;
    for (const auto* r : members.replicas_of(name)) found.push_back(r->id);
    return found;
  };
  members.on_heartbeat(heartbeat(node("b"), 1, {replica("b1", m, "b"), replica("b2", other, "b")}),
                       at(0s));
  members.on_heartbeat(heartbeat(node("a"), 1, {replica("a1", m, "a")}), at(0s));
  EXPECT_EQ(ids("m"), (Names{"a1", "b1"}));
  EXPECT_EQ(ids("other"), Names{"b2"});
  members.on_heartbeat(heartbeat(node("b"), 2, {replica("b2", other, "b")}), at(500ms));
  EXPECT_EQ(ids("m"), Names{"a1"});
  members.on_heartbeat(heartbeat(node("b"), 3, {replica("b2", other, "b")}), at(1500ms));
  members.on_tick(at(1500ms));
  members.on_tick(at(2300ms));
  EXPECT_TRUE(ids("m").empty()) << "a is dead";
  EXPECT_EQ(ids("other"), Names{"b2"});
  EXPECT_TRUE(ids("unknown").empty());
}

TEST(Membership, TheIndexIsTheSameHoweverItCameAbout) {
  Rng rng(5);
  Membership grown{{}};
  std::map<std::string, Heartbeat> last;
  for (std::uint64_t n = 1; n <= 400; ++n) {
    const std::string name(1, static_cast<char>('a' + rng.below(6)));
    std::vector<ReplicaStatus> replicas;
    for (auto i = rng.below(4); i > 0; --i)
      replicas.push_back(replica(fmt::format("{}{}", name, rng.below(9)),
                                 model(fmt::format("m{}", rng.below(4))), name));
    auto beat = heartbeat(node(name), n, replicas);
    beat.leaving = rng.below(10) == 0;
    beat.without_specs = rng.below(4) == 0;
    last[name] = beat;
    grown.on_heartbeat(beat, at(0s));
    Membership anew{{}};
    for (const auto& [other, told] : last) anew.on_heartbeat(told, at(0s));
    EXPECT_EQ(grown.live(), anew.live());
    EXPECT_EQ(grown.deciding(), anew.deciding());
    for (int m = 0; m < 4; ++m) {
      const auto one = grown.replicas_of(fmt::format("m{}", m));
      const auto other = anew.replicas_of(fmt::format("m{}", m));
      ASSERT_EQ(one.size(), other.size()) << n;
      for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(*one[i], *other[i]) << n;
    }
  }
}

TEST(Membership, TheVersionStandsStillWhileOnlyCpuUseChanges) {
  Membership members{{}};
  auto r = replica("r", model("m"), "a");
  members.on_heartbeat(heartbeat(node("a"), 1, {r}), at(0s));
  const auto version = members.version();
  r.cpu_cores = 0.7;
  members.on_heartbeat(heartbeat(node("a"), 2, {r}), at(500ms));
  members.on_tick(at(600ms));
  EXPECT_EQ(members.version(), version);
  ASSERT_EQ(members.replicas_of("m").size(), 1u);
  EXPECT_EQ(members.replicas_of("m")[0]->cpu_cores, 0.7) << "but what is read is the newest";
  r.state = ReplicaState::kDraining;
  members.on_heartbeat(heartbeat(node("a"), 3, {r}), at(1s));
  EXPECT_GT(members.version(), version);
}

}  // namespace
}  // namespace starling
