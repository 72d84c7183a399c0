// One agent whose node is cordoned and drained, and which hears of owners of other epochs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/agent.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Node n beside the nodes a and b, which beat as told.
class Lifecycle : public ::testing::Test {
 protected:
  Lifecycle() { agent_.on_specs({{spec_, 1}}, at(0s)); }

  void beat(const std::string& name, Scheduling scheduling = Scheduling::kOpen) {
    auto heart = heartbeat(node(name), ++sequence_);
    heart.understands = 1;
    heart.scheduling = scheduling;
    agent_.on_message(heart, at(now_));
  }
  Effects run(Duration until, bool others = true) {
    Effects all;
    for (; now_ < until; now_ += 100ms) {
      if (others && now_ % 500ms == 0us) {
        beat("a", a_);
        beat("b");
      }
      for (auto& effect : agent_.on_tick(at(now_))) all.push_back(std::move(effect));
    }
    return all;
  }
  std::string owner() const { return agent_.ranked(spec_.name).front(); }

  Bid bid(const std::string& request, const std::string& from) {
    const auto bids = sent<Bid>(
        agent_.on_message(BidRequest{request, from, spec_.name, spec_.resources, 1, {}}, at(now_)));
    EXPECT_THAT(bids, SizeIs(1));
    return bids.empty() ? Bid{} : bids.front();
  }
  Award award(const std::string& request, const std::string& from, Epoch epoch) const {
    return {request, from, spec_.name, generation_of(spec_), 1, epoch};
  }
  AwardReply reply(const Award& award) {
    last_ = agent_.on_message(award, at(now_));
    const auto replies = sent<AwardReply>(last_);
    EXPECT_THAT(replies, SizeIs(1));
    return replies.empty() ? AwardReply{} : replies.front();
  }

  ModelSpec spec_ = model("m");
  Agent agent_{node("n"), 1, at(0s)};
  Duration now_{0};
  std::uint64_t sequence_ = 0;
  Scheduling a_ = Scheduling::kOpen;
  Effects last_;
};

TEST_F(Lifecycle, ACordonedNodeBidsForNothingAndSaysWhy) {
  run(3s);
  EXPECT_EQ(bid("r/m/1", "a").count, 1);
  const auto notices = all<Notice>(agent_.set_scheduling(Scheduling::kCordoned, at(now_)));
  ASSERT_THAT(notices, SizeIs(1));
  EXPECT_EQ(notices[0].text, "this node is now cordoned");
  const Bid none = bid("r/m/2", "a");
  EXPECT_EQ(none.count, 0);
  EXPECT_EQ(none.reason, "the node is cordoned");
  EXPECT_GT(none.price_per_hour, 0);
  const auto refused = reply(award("r/m/1", owner(), 0));
  EXPECT_THAT(refused.started, IsEmpty()) << "a promise from before";
  EXPECT_EQ(refused.refusal, "the node is cordoned");
  agent_.set_scheduling(Scheduling::kOpen, at(now_));
  EXPECT_EQ(bid("r/m/3", "a").count, 1);
}

TEST_F(Lifecycle, TheMarkTravelsAtOnceAndChangesNothingThatRuns) {
  run(3s);
  bid("r/m/1", owner());
  const auto id = reply(award("r/m/1", owner(), 0)).started.at(0).id;
  run(3100ms);
  agent_.set_scheduling(Scheduling::kCordoned, at(now_));
  const auto effects = run(3200ms);
  ASSERT_THAT(sent<Heartbeat>(effects), SizeIs(1));
  EXPECT_EQ(sent<Heartbeat>(effects)[0].scheduling, Scheduling::kCordoned);
  EXPECT_THAT(all<StopReplicaEffect>(run(20s)), IsEmpty());
  EXPECT_TRUE(agent_.ledger().replicas().contains(id));
}

TEST_F(Lifecycle, OfADrainingNodeOthersOwnTheModels) {
  run(3s);
  for (int i = 0; owner() != "a"; ++i) {
    spec_ = model(fmt::format("m{}", i));
    agent_.on_specs({{spec_, 1}}, at(now_));
  }
  a_ = Scheduling::kCordoned;
  run(4s);
  EXPECT_EQ(owner(), "a") << "it decides as before";
  a_ = Scheduling::kDraining;
  run(5s);
  EXPECT_NE(owner(), "a");
  a_ = Scheduling::kOpen;
  run(6s);
  EXPECT_EQ(owner(), "a");
}

TEST_F(Lifecycle, ADrainingNodeStopsDecidingUnlessThereIsNobodyElse) {
  now_ = 0us;
  run(3s, false);
  ASSERT_EQ(owner(), "n");
  agent_.set_scheduling(Scheduling::kDraining, at(now_));
  run(4s, false);
  EXPECT_NE(agent_.owner_of("m"), nullptr) << "alone in the fleet";
  run(6s);
  EXPECT_NE(owner(), "n");
  EXPECT_EQ(agent_.owner_of("m"), nullptr);
}

TEST_F(Lifecycle, ADelayedCommandOfAnOldOwnerIsRefused) {
  run(3s);
  const std::string name = owner();
  const Epoch old = epoch_above(0, name + ".1");
  const Epoch late = epoch_above(old, name + ".2");  // the same node, after a restart
  bid("r/m/1", name);
  bid("r/m/2", name);
  const auto first = reply(award("r/m/2", name, late));
  ASSERT_THAT(first.started, SizeIs(1));
  EXPECT_EQ(first.epoch, late);
  const auto refused = reply(award("r/m/1", name, old));
  EXPECT_THAT(refused.started, IsEmpty());
  EXPECT_THAT(refused.refusal, HasSubstr("is over"));
  EXPECT_EQ(refused.epoch, late) << "so that a rightful owner can go beyond it";
  ASSERT_THAT(all<Notice>(last_), SizeIs(1));
  EXPECT_THAT(all<Notice>(last_)[0].text, HasSubstr("refused a command for model m"));
  const StopReplica stop{name, "m", first.started[0].id, "too many", "", old};
  EXPECT_THAT(all<PlacementChanged>(agent_.on_message(stop, at(now_))), IsEmpty());
  EXPECT_EQ(agent_.view(at(now_)).commands_fenced, 2u);
  const auto beats = sent<Heartbeat>(run(4s));
  ASSERT_FALSE(beats.empty());
  ASSERT_THAT(beats.back().replicas, SizeIs(1));
  EXPECT_EQ(beats.back().replicas[0].epoch, late);
  EXPECT_EQ(bid("r/m/3", name).epoch, late);
}

TEST_F(Lifecycle, AnOlderAgentsCommandsWithoutAnEpochGoByTheOldRules) {
  run(3s);
  const std::string name = owner(), other = name == "a" ? "b" : "a";
  bid("r/m/1", name);
  EXPECT_THAT(reply(award("r/m/1", name, epoch_above(0, name))).started, SizeIs(1));
  bid("r/m/2", name);
  EXPECT_THAT(reply(award("r/m/2", name, 0)).started, SizeIs(1));
  bid("r/m/3", name);
  EXPECT_THAT(reply(award("r/m/3", other, 0)).refusal, HasSubstr("does not own the model"));
}

TEST_F(Lifecycle, ANewOwnerIsAboveEveryEpochThatItHeard) {
  auto heart = heartbeat(node("a"), 1);
  ModelSummary claimed;
  claimed.model = "m";
  claimed.epoch = epoch_above(epoch_above(0, "a.1"), "a.1");
  heart.owned = {claimed};
  agent_.on_message(heart, at(0s));
  run(5s, false);
  ASSERT_NE(agent_.owner_of("m"), nullptr);
  EXPECT_GT(agent_.owner_of("m")->epoch(), claimed.epoch);
}

TEST_F(Lifecycle, ASizeOfAnOldOwnerIsNoCommand) {
  spec_.sizing.mode = SizingMode::kAuto;
  spec_.sizing.min = {100, 64LL << 20};
  spec_.sizing.max = {2000, 1LL << 30};
  for (int i = 0; agent_.ranked(spec_.name).empty() || owner() != "a"; ++i) {
    spec_.name = fmt::format("m{}", i);
    agent_.on_specs({{spec_, 1}}, at(now_));
    run(std::max<Duration>(now_, 3s) + 100ms);
  }
  const Epoch old = epoch_above(0, "a.1"), late = epoch_above(old, "a.2");
  bid("r/m/1", "a");
  ASSERT_THAT(reply(award("r/m/1", "a", late)).started, SizeIs(1));
  const auto resized = [&](Epoch epoch) {
    auto heart = heartbeat(node("a"), ++sequence_);
    ModelSummary summary;
    summary.model = spec_.name;
    summary.size = SizeSummary{{300, 128LL << 20}, {}, {}, ""};
    summary.epoch = epoch;
    heart.owned = {summary};
    agent_.on_message(heart, at(now_));
    return all<ResizeReplicaEffect>(agent_.on_tick(at(now_))).size();
  };
  EXPECT_EQ(resized(old), 0u);
  EXPECT_EQ(resized(late), 1u);
}

}  // namespace
}  // namespace starling
