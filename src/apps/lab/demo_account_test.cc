// What the demo makes of the agents' answers, on sequences of answers that are made up.
#include "apps/lab/demo_account.h"

#include <gtest/gtest.h>

namespace starling::lab {
namespace {

using Json = nlohmann::json;

Json node(const std::string& name, const std::string& state = "alive") {
  return {{"name", name}, {"state", state}};
}

Json model(const std::string& name, const std::string& owner, const Json& desired, int ready) {
  return {{"name", name},
          {"owner", owner},
          {"desired", desired},
          {"ready", ready},
          {"cold_start_s", name == "tones" ? 2.5 : 0.5}};
}

Json replica(const std::string& of, const std::string& on, const std::string& state = "ready") {
  return {{"model", of},
          {"node", on},
          {"state", state},
          {"cpu_cores", 0.1},
          {"resources", {{"cpu_millis", 250}}}};
}

Json status(const Json& nodes, const Json& models, const Json& replicas = Json::array()) {
  return {{"nodes", nodes}, {"models", models}, {"replicas", replicas}};
}

const Json kNodes{node("a"), node("b"), node("c")};

TEST(ChooseVictim, OwnsAModelAndRunsReplicas) {
  const Json models{model("digits", "b", 2, 2), model("tones", "c", 1, 1)};
  // a runs most and owns nothing, c owns and runs nothing.
  const auto victim = choose_victim(status(
      kNodes, models, {replica("digits", "a"), replica("tones", "a"), replica("digits", "b")}));
  ASSERT_TRUE(victim);
  EXPECT_EQ(victim->node, "b");
  EXPECT_EQ(victim->models_owned, 1);
  EXPECT_EQ(victim->replicas, 1);
  EXPECT_TRUE(victim->owns_and_runs());
}

TEST(ChooseVictim, OfSeveralTheOneWithMostReplicas) {
  const Json models{model("digits", "b", 2, 2), model("tones", "c", 1, 1)};
  const auto victim = choose_victim(status(
      kNodes, models, {replica("digits", "b"), replica("digits", "c"), replica("tones", "c")}));
  ASSERT_TRUE(victim);
  EXPECT_EQ(victim->node, "c");
  EXPECT_EQ(victim->replicas, 2);
}

TEST(ChooseVictim, SaysWhenNoNodeDoesBoth) {
  const auto victim = choose_victim(status(kNodes, Json::array({model("digits", "a", 1, 1)}),
                                           Json::array({replica("digits", "c")})));
  ASSERT_TRUE(victim);
  EXPECT_EQ(victim->node, "c");
  EXPECT_FALSE(victim->owns_and_runs());
}

TEST(ChooseVictim, OnlyLiveNodesAndReadyReplicasCount) {
  const Json models{model("digits", "a", 2, 1), model("tones", "b", 1, 0)};
  const Json replicas{replica("digits", "a"), replica("tones", "b", "starting"),
                      replica("digits", "b", "draining")};
  const auto victim =
      choose_victim(status({node("a", "suspect"), node("b"), node("c")}, models, replicas));
  ASSERT_TRUE(victim);
  EXPECT_EQ(victim->node, "b");
  EXPECT_EQ(victim->replicas, 0);
  EXPECT_FALSE(choose_victim(status(Json::array({node("a", "dead")}), models, replicas)));
}

TEST(ChooseVictim, WithoutAnAnswerThereIsNone) { EXPECT_FALSE(choose_victim(Json())); }

/// The recovery from the loss of b, which owned digits, in answers that come a second apart.
class Recovery : public testing::Test {
 protected:
  void see(const std::string& state_of_b, const Json& digits, const Json& tones) {
    ++passed_s_;
    time_recovery(loss_, status({node("a"), node("b", state_of_b), node("c")}, {digits, tones}),
                  passed_s_);
  }

  double passed_s_ = 0;
  LossAccount loss_ = begin_loss(
      {"b", 1, 2}, status(kNodes, {model("digits", "b", 3, 3), model("tones", "c", 1, 1)}));
  const Json tones_ = model("tones", "c", 1, 1);
};

TEST_F(Recovery, IsTimedInTwoSteps) {
  EXPECT_EQ(loss_.victim.node, "b");
  EXPECT_EQ(loss_.cold_start_s, 2.5) << "the slowest";
  see("alive", model("digits", "b", 3, 3), tones_);
  see("suspect", model("digits", "b", 3, 3), tones_);
  see("dead", model("digits", "b", 3, 1), tones_);
  see("dead", model("digits", "", 3, 1), tones_);
  see("dead", model("digits", "a", nullptr, 1), tones_);
  EXPECT_FALSE(loss_.owners_s);
  see("dead", model("digits", "a", 3, 1), tones_);
  EXPECT_EQ(loss_.owners_s, 6);
  see("dead", model("digits", "a", 3, 2), tones_);
  see("dead", model("digits", "a", 3, 3), model("tones", "c", 1, 0));
  EXPECT_FALSE(loss_.replicas_s) << "tones has none";
  see("dead", model("digits", "a", 3, 3), tones_);
  EXPECT_EQ(loss_.replicas_s, 9);
  // What comes later is not the recovery.
  see("dead", model("digits", "", nullptr, 0), tones_);
  see("dead", model("digits", "a", 4, 4), tones_);
  EXPECT_EQ(loss_.owners_s, 6);
  EXPECT_EQ(loss_.replicas_s, 9);
}

TEST_F(Recovery, NothingCountsAsLongAsTheLostNodeIsCountedIn) {
  for (const auto* state : {"alive", "suspect"}) see(state, model("digits", "a", 3, 3), tones_);
  EXPECT_FALSE(loss_.owners_s);
  EXPECT_FALSE(loss_.replicas_s);
  see("left", model("digits", "a", 3, 3), tones_);
  EXPECT_EQ(loss_.owners_s, 3);
  EXPECT_EQ(loss_.replicas_s, 3);
}

TEST_F(Recovery, ReplicasWithoutAnOwnerAndAWishOfNoneAreNoRecovery) {
  see("dead", model("digits", "", 1, 1), tones_);
  see("dead", model("digits", "a", 0, 1), tones_);
  EXPECT_EQ(loss_.owners_s, 2);
  EXPECT_FALSE(loss_.replicas_s);
}

TEST_F(Recovery, AnAgentThatKnowsNoModelsShowsNone) {
  time_recovery(loss_, status(kNodes, Json::array()), 1);
  time_recovery(loss_, status(Json::array({node("a")}), Json::array()), 2);
  EXPECT_FALSE(loss_.owners_s);
  EXPECT_FALSE(loss_.replicas_s);
}

TEST(Accounts, AddUpReplicasCpuAndChangesOfTheWishedNumber) {
  std::map<std::string, ModelAccount> accounts;
  const Json two{replica("digits", "a"), replica("digits", "b")};
  for (const Json& desired : {Json(2), Json(2), Json(3), Json(nullptr), Json(3), Json(0), Json(2)})
    add_to_accounts(accounts, status(kNodes, Json::array({model("digits", "a", desired, 2)}), two),
                    0.5);
  ASSERT_EQ(accounts.size(), 1U);
  const auto& a = accounts["digits"];
  EXPECT_DOUBLE_EQ(a.replica_s, 7);
  EXPECT_DOUBLE_EQ(a.cpu_s, 0.7);
  EXPECT_DOUBLE_EQ(a.limit_s, 1.75);
  EXPECT_EQ(a.scale_actions, 2) << "2 to 3 and 3 to 2; a new owner's silence is none";
  EXPECT_EQ(a.desired, 2);
  EXPECT_EQ(a.cold_start_s, 0.5);
}

}  // namespace
}  // namespace starling::lab
