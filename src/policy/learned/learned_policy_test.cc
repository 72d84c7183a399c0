// The learned policy: a bounded correction, none when its actions are zero; its file's errors.
#include "policy/learned/learned_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/rng.h"
#include "policy/learned/shipped_net.h"

namespace starling {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

/// A small network with random weights and this action for whatever it sees.
PolicyNet constant(float headroom, float hold, float size = 0) {
  PolicyNet net;
  net.hidden = 4;
  const std::size_t h = 4;
  Rng rng(1);
  const auto random = [&](std::size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(rng.normal());
    return values;
  };
  net.input_weight = random(h * kPolicyFeatures);
  net.input_bias = random(h);
  net.gates_input = random(3 * h * h);
  net.gates_state = random(3 * h * h);
  net.gates_input_bias = random(3 * h);
  net.gates_state_bias = random(3 * h);
  net.action_weight.assign(h * kPolicyActions, 0);
  net.action_bias = {std::atanh(headroom), std::atanh(hold), std::atanh(size)};
  net.version = "test0001";
  return net;
}

/// Replicas at each of the decisions on a noisy rising load.
template <typename AnyPolicy>
std::vector<int> course(AnyPolicy&& policy) {
  Rng rng(5);
  std::vector<int> replicas;
  Observation observation;
  observation.cold_start = 35s;
  observation.interval = 10s;
  observation.service = {0.154, 0.2};
  const Objective objective{720ms, 99, 1, 50, 1};
  for (int i = 0; i < 300; ++i) {
    observation.now += observation.interval;
    observation.arrival_rate = static_cast<double>(rng.poisson(300 + i)) / 10;
    replicas.push_back(policy.decide(observation, objective).replicas);
    observation.ready = replicas.back();
  }
  return replicas;
}

double mean(const std::vector<int>& values) {
  double sum = 0;
  for (const int value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

TEST(LearnedPolicy, ZeroActionsAreTheQueueingDecision) {
  LearnedPolicy zero(std::make_shared<PolicyNet>(constant(0, 0)), {});
  EXPECT_EQ(course(zero), course(PredictivePolicy()));
}

TEST(LearnedPolicy, MoreHeadroomIsMoreReplicasAndTheReasonSaysIt) {
  LearnedPolicy lean(std::make_shared<PolicyNet>(constant(-0.8F, 0)), {});
  LearnedPolicy safe(std::make_shared<PolicyNet>(constant(0.8F, 0)), {});
  EXPECT_LT(mean(course(lean)), mean(course(PredictivePolicy())));
  EXPECT_GT(mean(course(safe)), mean(course(PredictivePolicy())));
  Observation observation;
  observation.arrival_rate = 3;
  EXPECT_THAT(safe.decide(observation, {}).reason, HasSubstr("policy test0001 prices replicas"));
}

TEST(LearnedPolicy, CorrectionsAreBoundedWhateverTheNetworkSays) {
  const Correction most = correction_of({7, -7, 7});
  EXPECT_EQ(most.headroom, correction_of({1, -1, 0}).headroom);
  EXPECT_EQ(most.hold, correction_of({1, -1, 0}).hold);
  EXPECT_EQ(most.size, kSizeStepsMax);
  EXPECT_EQ(correction_of({0, 0, -9}).size, -kSizeStepsMax);
  EXPECT_EQ(correction_of({0, 0, 0.2F}).size, 0) << "a size does not follow every whim";
}

TEST(LearnedPolicy, ASizeIsCorrectedOnlyWhereOneIsDecided) {
  Observation observation;
  observation.cold_start = 35s;
  observation.interval = 10s;
  observation.service = {0.2, 0.2};
  const auto steps = [&](float size) {
    LearnedPolicy policy(std::make_shared<PolicyNet>(constant(0, 0, size)), {});
    Allocation last;
    for (int i = 0; i < 200; ++i) {
      observation.now += observation.interval;
      observation.arrival_rate = 30;
      last = policy.decide(observation, {720ms, 99, 1, 50, 1});
    }
    return last.cpu_steps;
  };
  EXPECT_EQ(steps(0.9F), 0) << "replicas keep the size that they were given";
  observation.size = ObservedSize{0, 0.5, 0.5, 0.1};
  EXPECT_EQ(steps(0.9F), 0) << "what a request costs of a CPU is not known";
  observation.size->cpu_s_per_request = 0.05;
  EXPECT_EQ(steps(0.9F), 2);
  EXPECT_EQ(steps(-0.5F), -1);
  EXPECT_EQ(steps(0), 0);
}

TEST(PolicyNet, TheRecurrentUnitIsTheOneThatWasTrained) {
  // h' = (1 − z)·n + z·h with r = σ(0), z = σ(0): every weight zero leaves half of the state.
  PolicyNet net = constant(0.5F, 0);
  for (auto* part : {&net.gates_input, &net.gates_state}) part->assign(part->size(), 0);
  for (auto* part : {&net.gates_input_bias, &net.gates_state_bias}) part->assign(part->size(), 0);
  std::vector<float> state{1, -1, 0.5F, 0};
  const PolicyAction action = net.act({}, state);
  EXPECT_THAT(state, ::testing::ElementsAre(0.5F, -0.5F, 0.25F, 0));
  EXPECT_NEAR(action[0], 0.5, 1e-6);
  net.recurrent = false;
  net.act({}, state);
  EXPECT_THAT(state, ::testing::Each(0.0F));
}

TEST(PolicyNet, SurvivesItsFile) {
  const PolicyNet net = constant(0.3F, -0.2F);
  const auto read = parse_policy_net(policy_net_json(net), "p.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(policy_net_json(**read), policy_net_json(net));
  std::vector<float> a, b;
  EXPECT_NEAR(net.act({1, 2, 3}, a)[0], (*read)->act({1, 2, 3}, b)[0], 1e-5);
}

TEST(PolicyNet, RefusesWhatIsNoSuchFileAndSaysWhy) {
  const Json good = Json::parse(policy_net_json(constant(0, 0)));
  const auto why = [](const Json& json) {
    const auto read = parse_policy_net(json.dump(), "p.json");
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(why(good), "");
  EXPECT_THAT(why(Json::array()), HasSubstr("p.json: not the weights of a policy: expected JSON"));
  Json other = good;
  other["features"] = 3;
  EXPECT_THAT(why(other), HasSubstr("expected 21 features and 3 actions"));
  other = good;
  other["hidden"] = 1'000'000;
  EXPECT_THAT(why(other), HasSubstr("hidden must be a whole number of 1 … 512"));
  other = good;
  other["weights"]["gates_state"].erase(0);
  EXPECT_THAT(why(other), HasSubstr("weights.gates_state must be 48 finite numbers"));
  other = good;
  other["weights"]["action_bias"][0] = 1e300;
  EXPECT_THAT(why(other), HasSubstr("weights.action_bias must be 3 finite numbers"));
  EXPECT_FALSE(parse_policy_net("{\"kind\":", "p.json"));
}

TEST(PolicyNet, TheShippedOneIsReadAndSmall) {
  const auto net = shipped_policy_net();
  ASSERT_NE(net, nullptr);
  EXPECT_EQ(net->version.size(), 8u);
  EXPECT_THAT(net->trained_by, HasSubstr("starling-lab policy train"));
  EXPECT_LT(policy_net_json(*net).size(), 1u << 20);
}

}  // namespace
}  // namespace starling
