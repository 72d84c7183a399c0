// An owner's calls for bids: when they close, what is awarded, and when room is short.
#include "control/owner_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(OwnerTest, ATenderClosesWhenEveryLiveNodeHasAnswered) {
  auto o = owner();
  const auto request = ask(o, 0s);
  EXPECT_EQ(request, "a.1/m/1");
  EXPECT_THAT(o.on_bid({request, "a", 1, 0.05, ""}, context(2ms)), IsEmpty());
  const auto awards = sent<Award>(o.on_bid({request, "b", 1, 0.02, ""}, context(4ms)));
  ASSERT_THAT(awards, SizeIs(2));
  EXPECT_EQ(awards[0].count, 0) << "the dearer node's promise is freed";
  EXPECT_EQ(awards[1].count, 1);
  EXPECT_EQ(awards[1].generation, generation_of(spec_));
  ASSERT_TRUE(o.last_change().has_value());
  ASSERT_THAT(o.last_change()->bids, SizeIs(2));
  EXPECT_FALSE(o.last_change()->bids[0].note.empty());

  const auto settled = all<TenderSettled>(
      o.on_award_reply({request, "b", "m", {}, "the promise has expired"}, context(6ms)));
  EXPECT_EQ(o.last_change()->bids[1].note, "refused: the promise has expired");
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].decided, at(0s)) << "the time of the decision that asked";
  EXPECT_EQ(settled[0].bids[1].note, "refused: the promise has expired");
  EXPECT_EQ(settled[0].bids[1].started, 0);
}

TEST_F(OwnerTest, AnAwardThatNobodyAnswersIsSettledAllTheSame) {
  auto o = owner();
  const auto request = ask(o, 0s);
  o.on_bid({request, "a", 0, 0.05, "full"}, context(2ms));
  EXPECT_THAT(all<TenderSettled>(o.on_bid({request, "b", 1, 0.02, ""}, context(4ms))), IsEmpty());
  hear(1s, {replica("r", spec_, "b")});  // so that nothing more is asked for meanwhile
  EXPECT_THAT(all<TenderSettled>(o.on_tick(context(2003ms))), IsEmpty());
  const auto settled = all<TenderSettled>(o.on_tick(context(2004ms)));
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].bids[1].awarded, 1);
  EXPECT_EQ(settled[0].bids[1].note, "did not answer the award");
  EXPECT_THAT(all<TenderSettled>(o.on_tick(context(2010ms))), IsEmpty()) << "once";
}

TEST_F(OwnerTest, ATenderWithoutRoomIsSettledAtOnce) {
  auto o = owner();
  const auto request = ask(o, 0s);
  o.on_bid({request, "a", 0, 0.05, "full"}, context(2ms));
  const auto settled = all<TenderSettled>(o.on_bid({request, "b", 0, 0.02, "full"}, context(3ms)));
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(outcome_of(settled[0]), "asked for 1 more; no room for 1 of them");
}

TEST_F(OwnerTest, WhyReplicasAreMissingIsTold) {
  spec_.resources = {64000, 256LL << 20};
  auto o = owner();
  EXPECT_EQ(o.summary(context(0s)).problem, "");
  const auto request = ask(o, 0s);
  o.on_bid({request, "a", 0, 0.05, "2000m CPU and 512 MiB free"}, context(2ms));
  o.on_bid({request, "b", 0, 0.02, "a replica failed here: not a TorchScript model", 0, false,
            BidLimit::kFailedHere},
           context(3ms));
  EXPECT_EQ(o.summary(context(4ms)).problem,
            "no node takes 1 more of 64 CPU and 256Mi: b: a replica failed here: not a TorchScript "
            "model; a: 2000m CPU and 512 MiB free");
  hear(1s, {replica("r", spec_, "b")});
  o.on_tick(context(2300ms));
  EXPECT_EQ(o.summary(context(2301ms)).problem, "") << "it is ready";
}

TEST_F(OwnerTest, APartOfWhatIsWantedIsNoSilence) {
  spec_ = model("m", 3);
  spec_.policy = "static";
  auto o = owner();
  const auto request = ask(o, 0s);
  o.on_bid({request, "a", 1, 0.05, "room for one"}, context(2ms));
  o.on_bid({request, "b", 0, 0.02, ""}, context(3ms));
  EXPECT_EQ(o.summary(context(4ms)).problem, "no node takes 2 more of 500m CPU and 512Mi");
}

TEST_F(OwnerTest, WhereAReplicaFailedIsToldThoughAnotherNodeTriesIt) {
  auto o = owner();
  const auto request = ask(o, 0s);
  o.on_bid(
      {request, "a", 0, 0.05, "a replica failed here: it ended", 0, false, BidLimit::kFailedHere},
      context(2ms));
  o.on_bid({request, "b", 1, 0.02, ""}, context(3ms));
  EXPECT_EQ(o.summary(context(4ms)).problem, "a: a replica failed here: it ended");
}

TEST_F(OwnerTest, ATenderClosesAfterTheWindowAndALateBidIsFreed) {
  auto o = owner();
  const auto request = ask(o, 0s);
  o.on_bid({request, "a", 1, 0.05, ""}, context(2ms));
  EXPECT_THAT(o.on_tick(context(149ms)), IsEmpty());
  const auto awards = sent<Award>(o.on_tick(context(150ms)));
  ASSERT_THAT(awards, SizeIs(1));
  EXPECT_EQ(awards[0].count, 1);

  const auto late = o.on_bid({request, "b", 1, 0.02, ""}, context(160ms));
  ASSERT_THAT(all<Send>(late), SizeIs(1));
  EXPECT_EQ(all<Send>(late)[0].to, "b");
  EXPECT_EQ(sent<Award>(late)[0].count, 0);
  EXPECT_EQ(sent<Award>(late)[0].request, request);
  EXPECT_THAT(o.on_bid({request, "b", 0, 0.02, "full"}, context(170ms)), IsEmpty())
      << "nothing to free";
}

TEST_F(OwnerTest, WhatFoundNoRoomIsTold) {
  spec_.replicas = {3, 5};
  auto o = owner();
  const auto request = ask(o, 0s);
  o.on_bid({request, "a", 1, 0.05, "500m CPU and 0 MiB free"}, context(2ms));
  o.on_bid({request, "b", 0, 0.05, "0m CPU and 0 MiB free"}, context(2ms));
  EXPECT_EQ(o.last_change()->outcome, "asked for 3 more; no room for 2 of them");
}

TEST_F(OwnerTest, WantOfMoneyAloneIsNoWantOfRoom) {
  spec_.replicas = {3, 5};
  const std::string why = "budget of tenant default: 0.04/h, 0.04 in use";
  for (const auto other : {BidLimit::kBudget, BidLimit::kOther}) {
    auto o = owner();
    const auto request = ask(o, 0s);
    o.on_bid({request, "a", 0, 0.05, why, 0, false, BidLimit::kBudget}, context(2ms));
    o.on_bid({request, "b", 0, 0.05, why, 0, false, other}, context(2ms));
    const bool only_money = other == BidLimit::kBudget;
    EXPECT_EQ(o.last_change()->outcome,
              only_money ? "asked for 3 more" : "asked for 3 more; no room for 3 of them");
    EXPECT_EQ(o.summary(context(3ms)).problem.empty(), only_money);
  }
}

TEST_F(OwnerTest, ATenderThatMissesANodeWithRoomIsNoShortageOfTheFleet) {
  auto o = owner();
  const auto no_bids = [&](Duration from) {
    for (int i = 0; i < 5; ++i, from += 2s) {
      ++sequence_;
      hear(from, {});
      o.on_tick(context(from));
      o.on_tick(context(from + 200ms));
    }
    return o.summary(context(from)).short_by;
  };
  EXPECT_EQ(no_bids(0s), 0) << "both nodes have told that they have room";
  room_ = {100, 1 << 20};
  EXPECT_EQ(no_bids(10s), 1);
}

TEST_F(OwnerTest, ReplicasThatAreExpectedAreNotAskedForTwice) {
  auto o = owner();
  const auto request = ask(o, 0s);
  o.on_bid({request, "a", 0, 0.05, "full"}, context(2ms));
  o.on_bid({request, "b", 1, 0.05, ""}, context(3ms));
  const auto started = replica("r1", spec_, "b", ReplicaState::kStarting);
  o.on_award_reply({request, "b", "m", {started}, ""}, context(5ms));
  const auto d = decision(o.on_tick(context(300ms)));
  EXPECT_EQ(d.current, 1);
  EXPECT_EQ(outcome_of(d), "none");
  // Two seconds on, no heartbeat has shown it: its node was lost, or could not start it.
  EXPECT_EQ(decision(o.on_tick(context(2300ms))).outcome, "asked for 1 more");
}

}  // namespace
}  // namespace starling
