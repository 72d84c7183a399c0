// What an agent makes of others' words where capacity is short.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/agent.h"
#include "control/ownership.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;

/// Node a, which holds no replica, among others without room. It owns `buyer`, of which one replica
/// runs and more are the minimum; n00 owns `seller`, whose replicas are worth next to nothing.
class MarketAgent : public ::testing::Test {
 protected:
  explicit MarketAgent(int others = 2) {
    NodeInfo small = node("a");
    small.cpu_millis = 100;
    agent_.emplace(small, 1, at(0s));
    std::vector<std::string> names{"a"};
    for (int i = 0; i < others; ++i) {
      const std::string name = fmt::format("n{:02}", i);
      names.push_back(name);
      nodes_[name] = heartbeat(node(name), 0);
      nodes_[name].free = {0, 0};
    }
    buyer_ = owned_by("a", names, 5);
    seller_ = owned_by("n00", names, 1);
    nodes_["n00"].replicas = {replica("b0", buyer_, "n00")};
    for (const auto* id : {"s0", "s1", "s2", "s3", "s4"})
      nodes_["n00"].replicas.push_back(replica(id, seller_, "n00"));
    ModelSummary summary;
    summary.model = seller_.name;
    summary.desired = summary.wished = 5;
    summary.short_by = 1;
    summary.gains = {0};
    summary.losses = {1, 2, 3, 4};
    nodes_["n00"].owned = {summary};
    beat();
    agent_->on_specs({{buyer_, 1}, {seller_, 1}}, at(now_));
  }

  static ModelSpec owned_by(const std::string& node, const std::vector<std::string>& names,
                            int min) {
    for (int i = 0;; ++i) {
      auto spec = model(fmt::format("{}-of-{}", i, node), min);
      if (rendezvous_order(spec.name, names).front() == node) return spec;
    }
  }

  void beat() {
    for (auto& [name, beat] : nodes_) {
      ++beat.sequence;
      agent_->on_message(beat, at(now_));
    }
  }

  /// What it does until it first sends such a message, within a minute.
  template <typename Message>
  Effects until_sent() {
    Effects effects;
    for (const Duration end = now_ + 60s; now_ < end && sent<Message>(effects).empty();
         now_ += 100ms) {
      if (now_ % 500ms == 0us) beat();
      effects = agent_->on_tick(at(now_));
    }
    return effects;
  }

  std::optional<Agent> agent_;
  std::map<std::string, Heartbeat> nodes_;
  ModelSpec buyer_, seller_;
  Duration now_{0};
};

TEST_F(MarketAgent, WhatItsModelLacksItOffersFor) {
  const auto offers = sent<PurchaseOffer>(until_sent<PurchaseOffer>());
  ASSERT_THAT(offers, SizeIs(1));
  EXPECT_EQ(offers[0].model, buyer_.name);
  EXPECT_EQ(offers[0].seller, seller_.name);
  EXPECT_THAT(offers[0].gains, SizeIs(4)) << "one runs, five are the minimum";
}

TEST_F(MarketAgent, OfAModelWhoseReplicasOnADrainingNodeAreReplacedNothingIsWanted) {
  nodes_["n01"].scheduling = Scheduling::kDraining;
  nodes_["n01"].replicas = {replica("s5", seller_, "n01")};
  EXPECT_THAT(sent<PurchaseOffer>(until_sent<PurchaseOffer>()), IsEmpty());
}

class LargeMarketAgent : public MarketAgent {
 protected:
  LargeMarketAgent() : MarketAgent(200) {}
};

TEST_F(LargeMarketAgent, WhoKeepsItsRoomIsAskedThoughNotAllAre) {
  const auto offers = sent<PurchaseOffer>(until_sent<PurchaseOffer>());
  ASSERT_THAT(offers, SizeIs(1));
  const std::vector<std::string> keepers{"n07", "n66", "n131", "n199"};
  agent_->on_message(PurchaseReply{offers[0].request, buyer_.name, seller_.name, 4, "", 0, keepers},
                     at(now_));
  std::vector<std::string> asked;
  for (const auto& effect : until_sent<BidRequest>()) {
    const auto* send = std::get_if<Send>(&effect);
    if (send != nullptr && std::holds_alternative<BidRequest>(send->message))
      asked.push_back(send->to);
  }
  EXPECT_THAT(asked, SizeIs(64));
  EXPECT_THAT(asked, IsSupersetOf(keepers));
}

}  // namespace
}  // namespace starling
