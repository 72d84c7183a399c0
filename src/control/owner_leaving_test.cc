// An owner whose replicas are on a draining node: others first, then these go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/owner.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Node a, which owns the model, beside b, which drains when told, and c.
class Leaving : public ::testing::Test {
 protected:
  Leaving() {
    spec_.policy = "static";
    hear(0s, {});
  }

  void hear(Duration time, const std::vector<ReplicaStatus>& replicas) {
    ++sequence_;
    for (const auto& name : {"a", "b", "c"}) {
      std::vector<ReplicaStatus> own;
      for (const auto& r : replicas) {
        if (r.node == name) own.push_back(r);
      }
      auto beat = heartbeat(node(name, "c1", fmt::format("z-{}", name)), sequence_, own);
      if (name == std::string("b")) beat.scheduling = b_;
      members_.on_heartbeat(beat, at(time));
    }
  }
  OwnerContext context(Duration time) const { return {members_, demand_, at(time)}; }
  ModelOwner owner(Duration since = -1min) { return {"a", "a.1", {spec_, 1}, at(since), {}}; }

  /// The decision at `time`, without waiting for a forecast.
  Effects decide(ModelOwner& owner, Duration time) {
    auto effects = owner.on_tick(context(time));
    if (!all<Decided>(effects).empty()) return effects;
    auto more = owner.on_tick(context(time + 500ms));
    effects.insert(effects.end(), more.begin(), more.end());
    EXPECT_THAT(all<Decided>(effects), SizeIs(1));
    return effects;
  }

  ModelSpec spec_ = model("m", 2);
  Membership members_{{}};
  Demand demand_;
  std::uint64_t sequence_ = 0;
  Scheduling b_ = Scheduling::kOpen;
};

TEST_F(Leaving, TheReplacementIsReadyBeforeTheOtherGoes) {
  const auto on_a = replica("a.1", spec_, "a"), on_b = replica("b.1", spec_, "b");
  hear(0s, {on_a, on_b});
  auto owner = this->owner();
  EXPECT_THAT(sent<BidRequest>(decide(owner, 0s)), IsEmpty());
  b_ = Scheduling::kDraining;
  hear(2s, {on_a, on_b});
  auto effects = decide(owner, 2300ms);
  ASSERT_THAT(sent<BidRequest>(effects), SizeIs(1));
  EXPECT_EQ(sent<BidRequest>(effects)[0].count, 1);
  EXPECT_THAT(sent<StopReplica>(effects), IsEmpty());
  const Decision asked = all<Decided>(effects)[0].decision;
  EXPECT_EQ(asked.current, 2) << "what serves counts";
  EXPECT_EQ(asked.observation.ready, 2);
  EXPECT_EQ(asked.outcome, "asked for 1 more, in place of 1 on draining nodes");
  hear(4s, {on_a, on_b, replica("c.1", spec_, "c", ReplicaState::kStarting)});
  effects = decide(owner, 4300ms);
  EXPECT_THAT(sent<StopReplica>(effects), IsEmpty()) << "it does not serve yet";
  EXPECT_THAT(sent<BidRequest>(effects), IsEmpty());
  EXPECT_EQ(all<Decided>(effects)[0].decision.current, 2) << "the replacement is none too many";
  hear(6s, {on_a, on_b, replica("c.1", spec_, "c")});
  effects = decide(owner, 6300ms);
  const auto stops = sent<StopReplica>(effects);
  ASSERT_THAT(stops, SizeIs(1));
  EXPECT_EQ(stops[0].replica, "b.1");
  EXPECT_EQ(stops[0].reason, "its node is draining");
  EXPECT_EQ(stops[0].epoch, owner.epoch());
  EXPECT_EQ(owner.summary(context(6400ms)).leaving, 1);
}

TEST_F(Leaving, OneThatDoesNotServeYetGoesAtOnceWhenAnotherIsOnItsWay) {
  const auto on_a = replica("a.1", spec_, "a");
  const auto on_b = replica("b.1", spec_, "b", ReplicaState::kStarting);
  b_ = Scheduling::kDraining;
  hear(0s, {on_a, on_b});
  auto owner = this->owner();
  EXPECT_THAT(sent<StopReplica>(decide(owner, 0s)), IsEmpty());
  hear(2s, {on_a, on_b, replica("c.1", spec_, "c", ReplicaState::kStarting)});
  const auto stops = sent<StopReplica>(decide(owner, 2300ms));
  ASSERT_THAT(stops, SizeIs(1));
  EXPECT_EQ(stops[0].replica, "b.1");
}

TEST_F(Leaving, WhereNobodyHasRoomTheReplicaStaysAndThatIsSaid) {
  const auto on_a = replica("a.1", spec_, "a"), on_b = replica("b.1", spec_, "b");
  b_ = Scheduling::kDraining;
  hear(0s, {on_a, on_b});
  auto owner = this->owner();
  const auto request = sent<BidRequest>(decide(owner, 0s)).at(0).request;
  Effects effects;
  for (const auto& name : {"a", "b", "c"}) {
    const auto more = owner.on_bid(Bid{request, name, 0, 0.01, "0m CPU free"}, context(600ms));
    effects.insert(effects.end(), more.begin(), more.end());
  }
  ASSERT_THAT(all<Notice>(effects), SizeIs(1));
  EXPECT_EQ(all<Notice>(effects)[0].text,
            "model m: no node has room for 1 more, so as many of its replicas stay on draining b");
  EXPECT_EQ(owner.summary(context(700ms)).unplaced, 1);
  EXPECT_EQ(owner.summary(context(700ms)).short_by, 0) << "the model has what it wants";
  hear(2s, {on_a, on_b});
  EXPECT_THAT(sent<StopReplica>(decide(owner, 2300ms)), IsEmpty());
  b_ = Scheduling::kOpen;
  hear(4s, {on_a, on_b});
  decide(owner, 4300ms);
  EXPECT_EQ(owner.summary(context(5s)).unplaced, 0);
}

TEST_F(Leaving, ANewOwnerOfAHalfDoneDrainStartsNoneTwice) {
  b_ = Scheduling::kDraining;
  hear(0s, {replica("a.1", spec_, "a"), replica("b.1", spec_, "b"),
            replica("c.1", spec_, "c", ReplicaState::kStarting)});
  auto owner = this->owner(0s);
  const auto effects = decide(owner, 0s);
  EXPECT_THAT(sent<BidRequest>(effects), IsEmpty());
  EXPECT_THAT(sent<StopReplica>(effects), IsEmpty());
}

TEST_F(Leaving, AnOwnerGoesBeyondALaterEpochThatANodeObeyed) {
  auto owner = this->owner();
  const Epoch before = owner.epoch(), late = epoch_above(before, "b.7");
  auto obeyed = replica("a.1", spec_, "a");
  obeyed.epoch = late;
  hear(0s, {obeyed});
  const auto request = sent<BidRequest>(decide(owner, 0s)).at(0).request;
  EXPECT_GT(owner.epoch(), late) << "by a heartbeat";
  const Epoch later = epoch_above(owner.epoch(), "b.8");
  Effects effects;
  for (const auto& name : {"a", "b", "c"}) {
    const auto more = owner.on_bid(Bid{request, name, 1, 0.01, "", later}, context(600ms));
    effects.insert(effects.end(), more.begin(), more.end());
  }
  ASSERT_FALSE(sent<Award>(effects).empty());
  EXPECT_GT(sent<Award>(effects)[0].epoch, later) << "by a bid, in time for the award";
  const Epoch latest = epoch_above(owner.epoch(), "b.9");
  owner.on_award_reply(AwardReply{"x", "b", "m", {}, "over", latest}, context(700ms));
  EXPECT_GT(owner.epoch(), latest);
}

}  // namespace
}  // namespace starling
