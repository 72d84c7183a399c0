// What an agent minds beyond its books: models that keep apart, and a tenant's money.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "control/agent.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Node a, alone, so that it owns all models. A replica of model() costs 0.04 · (0.5 + 0.125) / 2 =
/// 0.0125 an hour.
class PlacingAgent : public ::testing::Test {
 protected:
  explicit PlacingAgent(double budget = 0) {
    if (budget > 0) options_.budgets["default"] = budget;
    agent_.emplace(node("a"), 1, at(0s), options_);
  }

  Effects run(Duration until) {
    Effects all_effects;
    for (; now_ < until; now_ += 100ms) {
      auto effects = agent_->on_tick(at(now_));
      for (const auto& start : all<StartReplicaEffect>(effects)) {
        auto more = agent_->on_replica_event(
            {ReplicaEvent::Kind::kReady, start.replica.id, "10.0.0.1:80", 1s, ""}, at(now_));
        effects.insert(effects.end(), more.begin(), more.end());
      }
      all_effects.insert(all_effects.end(), effects.begin(), effects.end());
    }
    return all_effects;
  }

  void specs(const std::vector<ModelSpec>& models) {
    std::vector<StoredSpec> stored;
    for (auto m : models) {
      m.policy = "static";
      stored.push_back({m, 1});
    }
    agent_->on_specs(stored, at(now_));
  }

  int running(const std::string& name) const {
    int count = 0;
    for (const auto& [id, replica] : agent_->ledger().replicas())
      count += replica.model == name ? 1 : 0;
    return count;
  }

  AgentOptions options_;
  std::optional<Agent> agent_;
  Duration now_{0};
};

TEST_F(PlacingAgent, ModelsThatKeepApartShareNoNodeWhicheverSaysSo) {
  auto shy = model("shy");
  shy.anti_affinity = {"loud"};
  for (const auto* second : {"loud", "shy"}) {
    agent_.emplace(node("a"), 1, at(now_), options_);
    const std::string first = second == std::string("loud") ? "shy" : "loud";
    specs({first == "shy" ? shy : model("loud")});
    run(now_ + 10s);
    ASSERT_EQ(running(first), 1);
    specs({shy, model("loud")});
    run(now_ + 10s);
    EXPECT_EQ(running(first), 1);
    EXPECT_EQ(running(second), 0);
    const auto& decision = agent_->owner_of(second)->last_change();
    ASSERT_TRUE(decision);
    ASSERT_THAT(decision->bids, SizeIs(1));
    EXPECT_EQ(decision->bids[0].note,
              fmt::format("{} runs here, which it is to be kept apart from", first));
  }
}

/// Beside node b, which costs a quarter and runs "loud".
class MovingAgent : public PlacingAgent {
 protected:
  /// Whether bids are called for once the model runs here, as for a move.
  bool moves(bool loud_keeps_apart) {
    std::uint64_t sequence = 0;
    const auto beat = [&] {
      const auto told = replica("b.1", model("loud"), "b");
      agent_->on_message(heartbeat(node("b", "c1", "z2", 0.01), ++sequence, {told}), at(now_));
    };
    std::vector<ModelSpec> models{model("loud", 0)};
    for (int i = 0; i < 10; ++i) models.push_back(model(fmt::format("m{}", i), 0));
    specs(models);
    for (int second = 0; second < 10; ++second) {  // until it is settled who decides
      beat();
      run(now_ + 1s);
    }
    const auto here = std::find_if(models.begin() + 1, models.end(), [&](const ModelSpec& m) {
      return agent_->owner_of(m.name) != nullptr;
    });
    if (here == models.end()) throw std::logic_error("a decides for none of ten models");
    here->replicas.min = 1;
    if (loud_keeps_apart) models[0].anti_affinity = {here->name};
    specs(models);
    bool asked = false;
    for (const Duration begin = now_; now_ < begin + 3min;) {
      beat();
      const bool runs = running(here->name) > 0;
      for (const auto& request : sent<BidRequest>(run(now_ + 1s)))
        asked = asked || (runs && request.model == here->name);
    }
    EXPECT_EQ(running(here->name), 1);
    return asked;
  }
};

TEST_F(MovingAgent, AModelMovesToACheaperNode) { EXPECT_TRUE(moves(false)); }

TEST_F(MovingAgent, NoModelMovesToOneThatKeepsApartFromIt) { EXPECT_FALSE(moves(true)); }

/// A node of a pool is asked for where what is wanted may not run here, or needs what is not here.
class AgentWithPool : public PlacingAgent {
 protected:
  AgentWithPool() {
    PoolOptions burst;
    burst.name = "burst";
    burst.max = 3;
    burst.node_size = {4000, 16LL << 30, 1};
    options_.pools = {burst};
    agent_.emplace(node("a"), 1, at(0s), options_);
  }

  /// The provider has no node, and makes none.
  std::vector<std::string> asked_for(Duration until) {
    std::vector<std::string> nodes;
    while (now_ < until) {
      for (const auto& ask : all<AskProvider>(run(now_ + 1s))) {
        if (ask.action == ProviderAction::kCreate) nodes.push_back(ask.node);
        agent_->on_provider({ask, {}, ""}, at(now_));
      }
    }
    return nodes;
  }
};

TEST_F(AgentWithPool, ANodeIsAskedForWhereModelsKeepApart) {
  specs({model("loud"), model("other")});
  EXPECT_THAT(asked_for(20s), SizeIs(0)) << "there is room for both";
  auto shy = model("shy");
  shy.anti_affinity = {"loud"};
  specs({model("loud"), shy});
  EXPECT_THAT(asked_for(40s), testing::Contains("burst-1"));
}

TEST_F(AgentWithPool, ANodeIsAskedForWhereAGpuIsWanted) {
  auto vision = model("vision");
  vision.resources.gpus = 1;
  specs({vision});
  EXPECT_THAT(asked_for(20s), testing::Contains("burst-1"));
  specs({model("vision")});
  now_ += 10min;  // the node that never came is forgotten
  EXPECT_THAT(asked_for(now_ + 40s), SizeIs(0));
}

class BudgetedAgent : public PlacingAgent {
 protected:
  BudgetedAgent() : PlacingAgent(0.04) {}
};

TEST_F(BudgetedAgent, ATenantsModelsNeverCostMoreThanItsBudgetAndTheGuardSaysWhy) {
  specs({model("m1", 3), model("m2", 2)});
  run(30s);
  EXPECT_EQ(running("m1") + running("m2"), 3) << "three cost 0.0375, four would cost 0.05";
  EXPECT_GE(running("m1"), 1);
  EXPECT_GE(running("m2"), 1);
  const auto view = agent_->view(at(now_));
  bool told = false;
  for (const auto& m : view.models) {
    const auto& said = m.summary.over_budget;
    told = told || said == "budget of tenant default: 0.04/h, 0.04 in use";
  }
  EXPECT_TRUE(told);
  int guarded = 0;
  for (const auto* name : {"m1", "m2"}) {
    for (const auto& guard : agent_->owner_of(name)->last_decision()->allocation.guards) {
      if (guard.guard != "budget") continue;
      ++guarded;
      EXPECT_THAT(guard.detail, HasSubstr("budget of tenant default"));
    }
  }
  EXPECT_GE(guarded, 1);
}

TEST_F(BudgetedAgent, ANodeRefusesWhatTheMoneyDoesNotHoldWhoeverAsks) {
  auto m = model("m1", 0);
  specs({m});
  run(5s);
  const auto bids = sent<Bid>(
      agent_->on_message(BidRequest{"b.1/m1/1", "b", "m1", m.resources, 8, {}}, at(now_)));
  ASSERT_THAT(bids, SizeIs(1));
  EXPECT_EQ(bids[0].count, 3);
  EXPECT_EQ(bids[0].reason, "budget of tenant default: 0.04/h, 0.00 in use");
  EXPECT_EQ(bids[0].limit, BidLimit::kBudget);
}

TEST_F(BudgetedAgent, AnotherTenantIsNotHeldBack) {
  auto m = model("m1", 6);
  m.labels["tenant"] = "other";
  specs({m});
  run(10s);
  EXPECT_EQ(running("m1"), 6);
}

}  // namespace
}  // namespace starling
