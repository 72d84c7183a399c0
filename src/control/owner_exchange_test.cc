// What an owner offers and sells where capacity is short, driven by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/owner.h"
#include "control/resources.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Node a owns model m, whose four replicas on a and b have hardly anything to do: no more than one
/// is its minimum, once all four were for the first five minutes.
class ExchangingOwner : public ::testing::Test {
 protected:
  ExchangingOwner() {
    for (const auto& name : {"a", "b"}) {
      for (int i = 0; i < 2; ++i) {
        running_.push_back(replica(fmt::format("{}{}", name, i), spec_, name));
      }
    }
    options_.forecast_wait = 0s;
    owner_.emplace("a", "a.1", StoredSpec{spec_, 1}, at(0s), options_);
    for (now_ = 0s; now_ < 300s; now_ += 100ms) tick();
    spec_.replicas.min = 1;
    owner_->set_spec({spec_, 2}, at(now_));
  }

  Effects tick() {
    if (now_ % 1s == Duration{}) {
      TrafficSample sample;
      sample.model = "m";
      sample.arrivals = rate_;
      sample.service_count = rate_;
      sample.service_sum_s = static_cast<double>(rate_) * 0.01;
      sample.service_square_sum = static_cast<double>(rate_) * 0.0001;
      demand_.add(at(now_) - 1s, sample);
      ++sequence_;
      for (const auto& name : {"a", "b"}) {
        std::vector<ReplicaStatus> own;
        for (const auto& r : running_) {
          if (r.node == name) own.push_back(r);
        }
        auto beat = heartbeat(node(name), sequence_, own);
        beat.free = rest_;
        members_.on_heartbeat(beat, at(now_));
      }
    }
    return owner_->on_tick(context());
  }

  OwnerContext context() const {
    return {members_, demand_, at(now_), true, market_, nullptr, budget_ ? &*budget_ : nullptr};
  }

  /// More comes than its replicas can serve.
  void overload() {
    rate_ = 2000;
    for (const Duration until = now_ + 120s; now_ < until; now_ += 100ms) tick();
  }

  /// A round of the exchange gives so many starts, and purchases of n that save so much.
  void round(int starts, std::vector<double> gains) {
    part_.starts = starts;
    part_.purchases.clear();
    if (!gains.empty()) part_.purchases = {{"n", "b", std::move(gains)}};
    market_ = &part_;
  }

  /// What it does when it first sends such a message, within so many ticks.
  template <typename Message>
  Effects when_sent(int ticks = 20) {
    Effects effects;
    for (int i = 0; i < ticks && sent<Message>(effects).empty(); ++i, now_ += 100ms)
      effects = tick();
    return effects;
  }

  /// What it does with its next decision.
  Effects when_decided() {
    Effects effects;
    for (int i = 0; i < 20 && all<Decided>(effects).empty(); ++i, now_ += 100ms) effects = tick();
    return effects;
  }

  /// What model m answers to an offer of another model, whose replicas are as large as its own.
  PurchaseReply offer(std::vector<double> gains, const std::string& buyer = "n") {
    const PurchaseOffer offer{"b.1/n/1", "b", buyer, "m", spec_.resources, {}, std::move(gains)};
    effects_ = owner_->on_offer(offer, 3, apart_, context());
    const auto replies = sent<PurchaseReply>(effects_);
    EXPECT_THAT(replies, SizeIs(1));
    return replies.empty() ? PurchaseReply{} : replies.front();
  }

  ModelSpec spec_ = model("m", 4);
  OwnerOptions options_;
  Membership members_{{}};
  Demand demand_;
  std::vector<ReplicaStatus> running_;
  std::optional<ModelOwner> owner_;
  MarketPart part_;
  const MarketPart* market_ = nullptr;
  std::optional<BudgetPart> budget_;
  Resources rest_{0, 0};         // free on each node
  std::set<std::string> apart_;  // models that the buyer may share no node with
  Duration now_{};
  std::uint64_t rate_ = 20;  // requests a second
  std::uint64_t sequence_ = 0;
  Effects effects_;
};

TEST_F(ExchangingOwner, TellsWhatItsReplicasAreWorthWhileCapacityIsShort) {
  const auto summary = owner_->summary(context());
  EXPECT_FALSE(summary.gains.empty());
  EXPECT_FALSE(summary.losses.empty());
  OwnerContext plenty = context();
  plenty.scarce = false;
  EXPECT_THAT(owner_->summary(plenty).gains, IsEmpty());
}

TEST_F(ExchangingOwner, SellsForTheBuyerWhatItCanDoWithout) {
  const auto reply = offer({500});
  EXPECT_EQ(reply.sold, 1) << reply.refusal;
  const auto stops = sent<StopReplica>(effects_);
  ASSERT_THAT(stops, SizeIs(1));
  EXPECT_EQ(stops[0].sold_to, "n");
  EXPECT_EQ(stops[0].sold_size, spec_.resources);
  EXPECT_THAT(stops[0].reason, HasSubstr("sold to n: saves 500.0 requests there"));
}

TEST_F(ExchangingOwner, RefusesWhatDoesNotPayForTheSwitch) {
  const auto reply = offer({19});
  EXPECT_EQ(reply.sold, 0);
  EXPECT_THAT(reply.refusal, HasSubstr("does not pay"));
  EXPECT_THAT(sent<StopReplica>(effects_), IsEmpty());
}

TEST_F(ExchangingOwner, NeverSellsBelowItsMinimum) {
  spec_.replicas.min = 3;
  owner_->set_spec({spec_, 3}, at(now_));
  const auto reply = offer({900, 800, 700});
  EXPECT_EQ(reply.sold, 1);
  EXPECT_THAT(reply.refusal, HasSubstr("minimum"));
}

TEST_F(ExchangingOwner, AnswersTheSameBuyerOnceUntilItsFruitCanBeSeen) {
  EXPECT_EQ(offer({500}).sold, 1);
  EXPECT_EQ(offer({500}).sold, 0);
  EXPECT_EQ(offer({500}, "another").sold, 1);
}

TEST_F(ExchangingOwner, AReplicaWhoseRoomIsTooSmallForTheBuyerIsNotSold) {
  spec_.resources.cpu_millis *= 2;
  const auto reply = offer({500});
  EXPECT_EQ(reply.sold, 0);
  EXPECT_THAT(reply.refusal, HasSubstr("room"));
  EXPECT_THAT(sent<StopReplica>(effects_), IsEmpty());
}

TEST_F(ExchangingOwner, AReplicaBesideOneThatTheBuyerIsKeptApartFromIsNotSold) {
  apart_ = {"x"};
  running_.push_back(replica("x0", model("x"), "a"));
  for (const Duration until = now_ + 2s; now_ < until; now_ += 100ms) tick();
  EXPECT_EQ(offer({500, 450, 400}).sold, 2) << "those on b";
  for (const auto& stop : sent<StopReplica>(effects_))
    EXPECT_THAT(stop.replica, ::testing::StartsWith("b"));
}

TEST_F(ExchangingOwner, NothingIsBoughtThatTheTenantsBudgetDoesNotHold) {
  overload();
  budget_ = BudgetPart{"demo", 0.20, 0.20, 4, 0.05};
  round(2, {70.0});
  const Effects effects = when_decided();
  EXPECT_THAT(sent<PurchaseOffer>(effects), IsEmpty());
  EXPECT_THAT(sent<BidRequest>(effects), IsEmpty());
}

TEST_F(ExchangingOwner, AsMuchIsBoughtAsTheBudgetHolds) {
  overload();
  budget_ = BudgetPart{"demo", 0.26, 0.20, 6, 0.05};
  round(0, {70.0, 60.0});
  const auto offers = sent<PurchaseOffer>(when_sent<PurchaseOffer>());
  ASSERT_THAT(offers, SizeIs(1));
  EXPECT_THAT(offers[0].gains, SizeIs(1)) << "money for one more";
  const auto told = owner_->summary(context());
  EXPECT_EQ(told.unbudgeted, 5) << "its share, and the one that it may buy";
  EXPECT_LE(told.short_by, 1) << "beyond what is being bought it is money that it wants, not room";
}

TEST_F(ExchangingOwner, WhoTakesOverLeavesWhatRunsUntilItHasValues) {
  overload();
  spec_.replicas.min = 4;
  owner_.emplace("a", "a.2", StoredSpec{spec_, 2}, at(now_), options_);
  for (int decisions = 0; decisions < 3; ++decisions) {
    const Effects effects = when_decided();
    EXPECT_GT(owner_->summary(context()).wished, 4);
    EXPECT_THAT(sent<BidRequest>(effects), IsEmpty()) << "its wish is more than its share";
  }
  for (const Duration until = now_ + 20s; now_ < until; now_ += 100ms) tick();
  round(2, {});
  EXPECT_THAT(sent<BidRequest>(when_sent<BidRequest>()), SizeIs(1));
}

TEST_F(ExchangingOwner, TheRestOfANodeServesOneSaleAlone) {
  rest_ = spec_.resources;
  PurchaseOffer large{"b.1/n/1", "b", "n", "m", sum(rest_, rest_), {}, {500, 450, 400}};
  for (const Duration until = now_ + 2s; now_ < until; now_ += 100ms) tick();
  const auto replies = sent<PurchaseReply>(owner_->on_offer(large, 3, {}, context()));
  ASSERT_THAT(replies, SizeIs(1));
  EXPECT_EQ(replies[0].sold, 2) << "one in the place of a replica and what is free on each node";
  EXPECT_THAT(replies[0].nodes, ::testing::UnorderedElementsAre("a", "b"));
}

TEST_F(ExchangingOwner, WhatComesFromWhereRoomWasKeptIsWhatWasBought) {
  overload();
  round(1, {70.0});
  Effects effects = when_sent<PurchaseOffer>();
  owner_->on_purchase_reply({sent<PurchaseOffer>(effects).at(0).request, "m", "n", 1, "", 0, {"b"}},
                            context());
  EXPECT_THAT(owner_->keepers(at(now_)), ::testing::ElementsAre("b"));
  EXPECT_THAT(owner_->keepers(at(now_ + 20s)), IsEmpty());
  if (sent<BidRequest>(effects).empty()) effects = when_sent<BidRequest>();
  const std::string request = sent<BidRequest>(effects).at(0).request;
  owner_->on_bid({request, "b", 1, 0.01, ""}, context());
  owner_->on_bid({request, "a", 0, 0.01, "full"}, context());
  owner_->on_award_reply(
      {request, "b", "m", {replica("new", spec_, "b", ReplicaState::kStarting)}, ""}, context());
  EXPECT_EQ(owner_->summary(context()).promised, 0);
}

TEST_F(ExchangingOwner, FollowsTheRoundAndAsksForWhatItBought) {
  overload();
  round(2, {70.0});
  Effects effects = when_sent<BidRequest>();
  const auto requests = sent<BidRequest>(effects);
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].count, 2);
  const auto offers = sent<PurchaseOffer>(effects);
  ASSERT_THAT(offers, SizeIs(1));
  EXPECT_EQ(offers[0].seller, "n");
  EXPECT_EQ(owner_->last_decision()->allocation.guards.back().guard, "scarce-capacity");

  const auto told = owner_->on_purchase_reply({offers[0].request, "m", "n", 1, ""}, context());
  EXPECT_THAT(all<Notice>(told), SizeIs(1));
  EXPECT_EQ(owner_->summary(context()).promised, 1);
  EXPECT_THAT(sent<Award>(owner_->on_bid({"a.1/m/0", "b", 1, 0.01, ""}, context())), IsEmpty())
      << "to refuse a bid that came too late would end what b keeps of the sold one";
  round(0, {});
  effects = when_sent<BidRequest>(40);
  ASSERT_THAT(sent<BidRequest>(effects), SizeIs(1)) << "the bought one is asked for";
  EXPECT_EQ(sent<BidRequest>(effects)[0].count, 1);
}

TEST_F(ExchangingOwner, WhatARoundGivesAndIsWorthNothingByNowIsLeft) {
  round(2, {70.0});
  const Effects effects = when_decided();
  ASSERT_THAT(all<Decided>(effects), SizeIs(1));
  EXPECT_THAT(sent<BidRequest>(effects), IsEmpty()) << "its four replicas have nothing to do";
  EXPECT_THAT(sent<PurchaseOffer>(effects), IsEmpty());
}

TEST_F(ExchangingOwner, WhatWasBoughtAndDoesNotComeIsBoughtAgainAfterAWhile) {
  overload();
  round(0, {70.0});
  Effects effects = when_sent<PurchaseOffer>();
  ASSERT_THAT(sent<PurchaseOffer>(effects), SizeIs(1));
  owner_->on_purchase_reply({sent<PurchaseOffer>(effects)[0].request, "m", "n", 1, ""}, context());
  const Duration bought = now_;
  for (; now_ < bought + 11s; now_ += 100ms) tick();
  EXPECT_EQ(owner_->summary(context()).promised, 1) << "it drains for up to ten seconds";
  for (; now_ < bought + 18s; now_ += 100ms) tick();
  EXPECT_EQ(owner_->summary(context()).promised, 0) << "its node has died, say";
}

TEST_F(ExchangingOwner, AnAwardsAnswerThatComesTwiceCountsOnce) {
  overload();
  round(0, {70.0, 60.0});
  Effects effects = when_sent<PurchaseOffer>();
  const auto offers = sent<PurchaseOffer>(effects);
  ASSERT_THAT(offers, SizeIs(1));
  round(0, {});
  owner_->on_purchase_reply({offers[0].request, "m", "n", 9, ""}, context());
  EXPECT_EQ(owner_->summary(context()).promised, 2) << "no more than was offered for";
  effects = when_sent<BidRequest>(40);
  ASSERT_THAT(sent<BidRequest>(effects), SizeIs(1));
  const std::string request = sent<BidRequest>(effects)[0].request;
  owner_->on_bid({request, "a", 1, 0.01, ""}, context());
  owner_->on_bid({request, "b", 0, 0.01, "full"}, context());
  const AwardReply reply{
      request, "a", "m", {replica("new", spec_, "a", ReplicaState::kStarting)}, ""};
  owner_->on_award_reply(reply, context());
  owner_->on_award_reply(reply, context());
  EXPECT_EQ(owner_->summary(context()).promised, 1);
}

TEST_F(ExchangingOwner, WhileASpecIsReplacedTheWishIsFollowed) {
  round(0, {});
  spec_.artifact = "/models/m-v2.pt";
  spec_.replicas.min = 0;
  owner_->set_spec({spec_, 3}, at(now_));
  const Effects effects = when_decided();
  EXPECT_THAT(sent<BidRequest>(effects), SizeIs(1)) << "the new spec's are asked for";
  EXPECT_THAT(sent<StopReplica>(effects), IsEmpty()) << "the old spec's serve meanwhile";
}

}  // namespace
}  // namespace starling
