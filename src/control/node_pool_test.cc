// A pool of elastic nodes: when it asks for nodes, when it gives them back, and what it never does.
#include "control/node_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "control/node_pool_fleet_for_tests.h"

namespace starling {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

PoolOptions burst(int min = 0, int max = 5) {
  PoolOptions options;
  options.name = "burst";
  options.min = min;
  options.max = max;
  options.node_size = {2000, 4LL << 30};
  options.cloud = "aws";
  options.price_per_hour = 0.1;
  options.idle = 60s;
  options.boot = 120s;
  return options;
}

TEST(NodesNeeded, CountsWhatDoesNotFitAndNothingThatCouldNotRunThere) {
  const Resources one{1000, 1 << 30}, node{4000, 8LL << 30};
  const std::vector<PoolRoom> rooms{{"a", "ours", node, {1500, 8LL << 30}}};
  EXPECT_EQ(nodes_needed({{"m", one, {}, 1}}, rooms, node, "aws"), 0);
  EXPECT_EQ(nodes_needed({{"m", one, {}, 5}}, rooms, node, "aws"), 1);
  EXPECT_EQ(nodes_needed({{"m", one, {}, 6}}, rooms, node, "aws"), 2);
  EXPECT_EQ(nodes_needed({{"m", one, {"aws"}, 1}}, rooms, node, "aws"), 1) << "not on ours";
  EXPECT_EQ(nodes_needed({{"m", one, {"gcp"}, 9}}, rooms, node, "aws"), 0) << "not there either";
  EXPECT_EQ(nodes_needed({{"m", {5000, 1 << 30}, {}, 9}}, rooms, node, "aws"), 0) << "too large";
  EXPECT_EQ(nodes_needed({{"s", one, {}, 2}, {"l", {3000, 1 << 30}, {}, 2}}, {}, node, "aws"), 2)
      << "the large ones first, the small ones beside them";
}

TEST(NodesNeeded, GpusAreCountedAsCpuAndMemoryAre) {
  const Resources one{1000, 1 << 30, 1}, node{8000, 32LL << 30, 2};
  const std::vector<PoolRoom> cpus{{"a", "ours", {9000, 9LL << 30}, {9000, 9LL << 30}, {}}};
  EXPECT_EQ(nodes_needed({{"m", one, {}, 3, {}}}, cpus, node, "aws"), 2);
  EXPECT_EQ(nodes_needed({{"m", one, {}, 3, {}}}, cpus, {8000, 32LL << 30}, "aws"), 0)
      << "no node of a pool without GPUs could hold one";
  EXPECT_EQ(nodes_needed({{"small", {1000, 1 << 30, 0}, {}, 12, {}}, {"m", one, {}, 4, {}}}, {},
                         node, "aws"),
            2)
      << "GPUs first: they would else be on a node that the others have filled";
}

TEST(NodesNeeded, ModelsThatKeepApartTakeNodesOfTheirOwn) {
  const Resources one{1000, 1 << 30}, node{4000, 8LL << 30};
  const std::vector<PoolRoom> rooms{{"a", "ours", node, node, {"db"}}};
  EXPECT_EQ(nodes_needed({{"web", one, {}, 3, {}}}, rooms, node, "aws"), 0);
  EXPECT_EQ(nodes_needed({{"web", one, {}, 3, {"db"}}}, rooms, node, "aws"), 1);
  EXPECT_EQ(nodes_needed({{"web", one, {}, 3, {"web"}}}, rooms, node, "aws"), 2) << "one a node";
  EXPECT_EQ(nodes_needed({{"x", one, {}, 1, {"y"}}, {"y", one, {}, 1, {"x"}}}, {}, node, "aws"), 2);
}

TEST(SlotOf, NamesOfAPoolAreItsNameAndANumber) {
  EXPECT_EQ(slot_of("burst", "burst-1"), 1);
  EXPECT_EQ(slot_of("burst", "burst-20"), 20);
  for (const char* other : {"burst", "burst-", "burst-0", "burst-01", "burst-1-2", "burst-x",
                            "burst2-1", "aburst-1", "burst-1 ", "burst-99999999999"})
    EXPECT_FALSE(slot_of("burst", other)) << other;
}

TEST(NodePool, AsksForNodesWhenDemandHasNotFittedForAWhileAndGivesThemBackAfterIt) {
  PoolFleet fleet(burst());
  fleet.wanted = 4;
  fleet.run(30s);
  EXPECT_TRUE(fleet.made.empty()) << "all fits the node that is there";
  fleet.wanted = 7;
  fleet.run(30s);
  EXPECT_EQ(fleet.made.size(), 2u);
  EXPECT_EQ(fleet.running(), 7);
  const auto summary = fleet.pools[0].summary();
  EXPECT_EQ(summary.running, 2);
  EXPECT_EQ(summary.pending, 0);
  fleet.wanted = 3;
  fleet.run(50s);
  EXPECT_EQ(fleet.made.size(), 2u) << "they are kept for a minute";
  fleet.run(60s);
  EXPECT_TRUE(fleet.made.empty());
  EXPECT_EQ(fleet.running(), 3);
}

TEST(NodePool, AShortPeakIsNotEnough) {
  PoolFleet fleet(burst());
  fleet.run(10s);
  for (int i = 0; i < 20; ++i) {
    fleet.wanted = 9;
    fleet.run(3s);
    fleet.wanted = 2;
    fleet.run(3s);
  }
  EXPECT_EQ(fleet.calls[ProviderAction::kCreate], 0);
}

TEST(NodePool, NodesThatAreOnTheirWayCount) {
  PoolFleet fleet(burst());
  fleet.boots = 60s;
  fleet.wanted = 8;
  fleet.run(50s);
  EXPECT_EQ(fleet.made.size(), 2u);
  EXPECT_EQ(fleet.pools[0].summary().pending, 2);
  fleet.run(30s);
  EXPECT_EQ(fleet.made.size(), 2u);
  EXPECT_EQ(fleet.running(), 8);
}

TEST(NodePool, SeveralAreAskedForOneAfterAnotherWithoutWaitingAnew) {
  PoolFleet fleet(burst());
  fleet.wanted = 2;
  fleet.run(20s);
  fleet.wanted = 12;
  fleet.run(20s);
  ASSERT_EQ(fleet.created_at.size(), 4u);
  EXPECT_LE(fleet.created_at.front(), 28s);
  EXPECT_LE(fleet.created_at.back() - fleet.created_at.front(), 8s);
}

TEST(NodePool, WhatAnOperatorMarksStands) {
  PoolFleet fleet(burst());
  fleet.wanted = 6;
  fleet.run(30s);
  ASSERT_EQ(fleet.made.size(), 1u);
  fleet.from_base = true;
  fleet.moves = false;
  fleet.wanted = 3;
  fleet.run(70s);
  ASSERT_EQ(fleet.made.at("burst-1").scheduling, Scheduling::kDraining);
  fleet.made.at("burst-1").scheduling = Scheduling::kOpen;  // uncordoned while it drains
  fleet.run(40s);
  EXPECT_EQ(fleet.made.at("burst-1").scheduling, Scheduling::kOpen) << "kept for its minute anew";
  fleet.made.at("burst-1").scheduling = Scheduling::kCordoned;
  fleet.moves = true;
  fleet.wanted = 0;
  fleet.run(300s);
  EXPECT_EQ(fleet.made.size(), 1u) << "a cordoned node is left alone";
  fleet.made.at("burst-1").scheduling = Scheduling::kDraining;
  fleet.run(30s);
  EXPECT_TRUE(fleet.made.empty()) << "a drained one is given back";
}

TEST(NodePool, TheLeastIsThereWithoutDemandAndComesBackWhenANodeIsLost) {
  PoolFleet fleet(burst(2, 5));
  fleet.run(200s);
  EXPECT_EQ(fleet.made.size(), 2u);
  fleet.made.erase("burst-1");
  fleet.run(200s);
  EXPECT_EQ(fleet.made.size(), 2u);
}

TEST(NodePool, TheBudgetIsAHardBoundAndItsBiteIsNamed) {
  auto options = burst(0, 5);
  options.budget_per_hour = 0.3;
  PoolFleet fleet(options);
  fleet.wanted = 30;
  fleet.run(120s);
  EXPECT_EQ(fleet.most, 3u) << "0.3 pays for three nodes at 0.1";
  EXPECT_THAT(fleet.notices, Contains(HasSubstr("budget of 0.3 an hour pays for at 0.1 each (3)")));
  EXPECT_THAT(fleet.pools[0].summary().limit, HasSubstr("budget"));
  EXPECT_EQ(fleet.pools[0].summary().wanted, 13);
  fleet.wanted = 1;
  fleet.run(300s);
  EXPECT_EQ(fleet.pools[0].summary().limit, "");
}

TEST(NodePool, AProviderThatFailsIsNamedAndTriedAgainMoreAndMoreSeldom) {
  PoolFleet fleet(burst());
  bool broken = true;
  fleet.fails = [&](const AskProvider& ask) {
    return broken && ask.action == ProviderAction::kCreate ? "no quota" : "";
  };
  fleet.wanted = 6;
  fleet.run(200s);
  EXPECT_TRUE(fleet.made.empty());
  EXPECT_GE(fleet.calls[ProviderAction::kCreate], 3);
  EXPECT_LE(fleet.calls[ProviderAction::kCreate], 5) << "10, 20, 40 and 80 s apart";
  EXPECT_EQ(fleet.pools[0].summary().error, "create burst-1: no quota");
  EXPECT_EQ(fleet.pools[0].summary().left, 0) << "others need not wait for it";
  broken = false;
  fleet.run(300s);
  EXPECT_EQ(fleet.running(), 6);
  EXPECT_EQ(fleet.pools[0].summary().error, "");
}

TEST(NodePool, AListThatFailedOnceIsForgottenWithTheNext) {
  PoolFleet fleet(burst());
  bool broken = true;
  fleet.fails = [&](const AskProvider&) { return broken ? "k\xc5ne Antwort" : ""; };
  fleet.run(5s);
  EXPECT_EQ(fleet.pools[0].summary().error, "list: k?ne Antwort") << "heartbeats carry it";
  broken = false;
  fleet.run(30s);
  EXPECT_EQ(fleet.pools[0].summary().error, "");
  EXPECT_EQ(fleet.pools[0].summary().left, 5);
}

TEST(NodePool, ANodeThatTheProviderListsNoMoreIsReplacedAtOnce) {
  PoolFleet fleet(burst(1, 1));
  fleet.run(60s);
  ASSERT_EQ(fleet.made.size(), 1u);
  fleet.made.clear();
  fleet.run(60s);
  EXPECT_EQ(fleet.made.size(), 1u) << "it takes two minutes to give up one that never was";
}

TEST(NodePool, ANodeThatRunsWhatNoOtherCouldHoldIsKept) {
  PoolFleet fleet(burst());
  fleet.wanted = 6;
  fleet.run(40s);
  ASSERT_EQ(fleet.made.size(), 1u);
  fleet.replica = {5000, 1 << 30};  // of before its size was changed
  fleet.wanted = fleet.running();
  fleet.run(300s);
  EXPECT_EQ(fleet.calls[ProviderAction::kDelete], 0);
}

TEST(NodePool, NothingIsMadeBeforeTheProviderHasSaidWhatThereIs) {
  PoolFleet fleet(burst());
  fleet.made["burst-2"] = {true, true, 0s, Scheduling::kOpen, 0};
  fleet.fails = [](const AskProvider& ask) {
    return ask.action == ProviderAction::kList ? "no answer" : "";
  };
  fleet.wanted = 6;
  fleet.run(100s);
  EXPECT_EQ(fleet.calls[ProviderAction::kCreate], 0);
  fleet.fails = nullptr;
  fleet.wanted = 8;
  fleet.run(200s);
  EXPECT_EQ(fleet.made.size(), 2u) << "the one that was there is this pool's";
}

TEST(NodePool, AProviderThatNeverAnswersHasFailed) {
  PoolFleet fleet(burst());
  fleet.answers = 1h;
  fleet.run(130s);
  EXPECT_THAT(fleet.pools[0].summary().error, HasSubstr("list has not answered within 120 s"));
}

TEST(NodePool, ANodeThatNeverJoinsIsGivenBack) {
  PoolFleet fleet(burst());
  fleet.joins = false;
  fleet.wanted = 5;
  fleet.run(100s);
  EXPECT_EQ(fleet.made.size(), 1u);
  fleet.run(40s);
  EXPECT_EQ(fleet.calls[ProviderAction::kDelete], 1);
  EXPECT_THAT(fleet.notices, Contains(HasSubstr("burst-1 is given back: not heard for 120 s")));
}

TEST(NodePool, ANodeStaysWhenItsReplicasCannotMoveAfterAll) {
  PoolFleet fleet(burst());
  fleet.wanted = 6;
  fleet.run(30s);
  ASSERT_EQ(fleet.made.size(), 1u);
  fleet.from_base = true;
  fleet.wanted = 3;
  fleet.moves = false;
  fleet.run(65s);
  fleet.wanted = 6;  // just as it drains
  fleet.run(20s);
  EXPECT_EQ(fleet.made.size(), 1u);
  EXPECT_EQ(fleet.calls[ProviderAction::kCreate], 1) << "none is made while one is emptied";
  EXPECT_EQ(fleet.running(), 6);
}

TEST(NodePool, ALowerMaxIsCarriedOut) {
  PoolFleet fleet(burst(0, 2));
  for (int i = 1; i <= 4; ++i)
    fleet.made[fmt::format("burst-{}", i)] = {true, true, 0s, Scheduling::kOpen, 0};
  fleet.wanted = 8;
  fleet.run(60s);
  EXPECT_EQ(fleet.made.size(), 2u);
  EXPECT_TRUE(fleet.made.contains("burst-1"));
  EXPECT_TRUE(fleet.made.contains("burst-2"));
}

TEST(NodePool, WhoDecidesNextGoesOnFromWhatTheProviderLists) {
  PoolFleet fleet(burst(), 2);
  fleet.apart = true;
  fleet.wanted = 8;
  fleet.run(30s);
  ASSERT_EQ(fleet.made.size(), 2u);
  fleet.pools.erase(fleet.pools.begin());
  fleet.run(60s);
  EXPECT_EQ(fleet.made.size(), 2u);
  fleet.wanted = 0;
  fleet.run(120s);
  EXPECT_TRUE(fleet.made.empty());
}

/// Whatever demand and provider do.
RC_GTEST_PROP(NodePoolProperty, NeitherMaxNorBudgetIsEverExceededAlsoByTwoThatDecide, ()) {
  const int max = *rc::gen::inRange(1, 6);
  auto options = burst(*rc::gen::inRange(0, max + 1), max);
  if (*rc::gen::arbitrary<bool>())
    options.budget_per_hour = 0.1 * *rc::gen::inRange(std::max(1, options.min), 8);
  PoolFleet fleet(options, *rc::gen::inRange(1, 3));
  fleet.done_in_spite = *rc::gen::arbitrary<bool>();
  const auto failing = *rc::gen::inRange(0, 3);
  int call = 0;
  fleet.fails = [&](const AskProvider&) { return ++call % 3 < failing ? "no" : ""; };
  for (int i = 0; i < 12; ++i) {
    fleet.wanted = *rc::gen::inRange(0, 25);
    fleet.boots = std::chrono::seconds(*rc::gen::inRange(1, 150));
    fleet.answers = std::chrono::seconds(*rc::gen::inRange(0, 20));
    fleet.run(std::chrono::seconds(*rc::gen::inRange(1, 120)));
    RC_ASSERT(static_cast<int>(fleet.most) <= fleet.pools[0].cap());
  }
}

/// Under constant demand the pool comes to rest, with everything placed that may be, at or above
/// min.
RC_GTEST_PROP(NodePoolProperty, ConstantDemandIsPlacedAndNothingMovesAnyMore, ()) {
  const int max = *rc::gen::inRange(1, 6);
  auto options = burst(*rc::gen::inRange(0, max + 1), max);
  options.idle = std::chrono::seconds(*rc::gen::inRange(0, 60));
  PoolFleet fleet(options);
  int failures = *rc::gen::inRange(0, 4);
  fleet.fails = [&](const AskProvider&) { return failures-- > 0 ? "not now" : ""; };
  fleet.boots = std::chrono::seconds(*rc::gen::inRange(1, 100));
  for (int i = 0; i < 3; ++i) {
    fleet.wanted = *rc::gen::inRange(0, 16);
    fleet.run(60s);
  }
  fleet.wanted = *rc::gen::inRange(0, 16);
  fleet.run(25min);
  const int created = fleet.calls[ProviderAction::kCreate];
  const auto made = fleet.made.size();
  fleet.run(25min);
  RC_ASSERT(fleet.calls[ProviderAction::kCreate] == created);
  RC_ASSERT(fleet.made.size() == made);
  RC_ASSERT(static_cast<int>(made) >= options.min);
  RC_ASSERT(fleet.running() == std::min(fleet.wanted, 4 + 2 * max));
  const int needed = std::max(0, (fleet.wanted - 4 + 1) / 2);
  RC_ASSERT(static_cast<int>(made) <= std::max({options.min, std::min(needed, max) + 1}));
}

}  // namespace
}  // namespace starling
