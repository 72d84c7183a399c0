// PPO on a problem whose answer is known, and a training that is stopped and goes on.
#include "policy/ppo/training.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "base/file.h"
#include "base/rng.h"

namespace starling::ppo {
namespace {

/// A choice each step: cost is (a + 1)/2, the constraint is violated as a falls below a signal that
/// was shown a step before. The cheapest allowed action follows the signal: memory is needed.
class Recall final : public Env {
 public:
  int size() const override { return 64; }
  int observation_size() const override { return kPolicyFeatures; }
  int action_size() const override { return kPolicyActions; }
  void reset(std::uint64_t seed, EnvStep& step) override {
    rng_ = Rng(seed);
    shown_.assign(64, 0);
    ages_.assign(64, 0);
    for (auto* all : {&step.cost, &step.missed, &step.churn}) all->assign(64, 0);
    step.done.assign(64, 0);
    step.workload.assign(64, 0);
    step.observations.assign(64 * kPolicyFeatures, 0);
    show(step);
  }
  void step(std::span<const float> actions, EnvStep& step) override {
    for (std::size_t i = 0; i < 64; ++i) {
      const float a = actions[i * kPolicyActions];
      step.cost[i] = (a + 1) / 2;
      step.missed[i] = a < before_[i] ? 4 * (before_[i] - a) : 0;
      step.done[i] = ++ages_[i] % 20 == 0 ? 1 : 0;
    }
    show(step);
  }

 private:
  void show(EnvStep& step) {
    before_ = shown_;
    for (std::size_t i = 0; i < 64; ++i) {
      shown_[i] = rng_.chance(0.5) ? 0.6F : -0.6F;
      step.observations[i * kPolicyFeatures] = shown_[i];
    }
  }
  Rng rng_{0};
  std::vector<float> shown_, before_;
  std::vector<int> ages_;
};

TrainingOptions small(int updates) {
  TrainingOptions options;
  options.updates = updates;
  options.rollout_steps = 20;
  options.hidden = 16;
  options.learning_rate = 3e-3;
  options.checkpoint_every = 5;
  options.gae.gamma = 0.5;
  return options;
}

TEST(Ppo, LearnsToRememberUnderAConstraint) {
  Recall env;
  TrainingOptions options = small(150);
  double cost = 0, missed = 0, approximate_kl_max = 0;
  int counted = 0;
  const auto network = train(env, options, "", [&](const TrainingProgress& p) {
    EXPECT_TRUE(std::isfinite(p.ppo.policy_loss) && std::isfinite(p.ppo.explained_variance));
    approximate_kl_max = std::max(approximate_kl_max, std::abs(p.ppo.approximate_kl));
    if (p.update <= 130) return true;
    cost += p.cost;
    missed += p.missed;
    ++counted;
    return true;
  });
  ASSERT_TRUE(network);
  cost /= counted;
  missed /= counted;
  EXPECT_LT(missed, 1.4);
  EXPECT_GT(missed, 0.4) << "what is allowed is made use of";
  // One action for both signals that misses as little costs 0.55 (a = 0.1: 4 · 0.5 / 2 = 1).
  EXPECT_LT(cost, 0.5);
  EXPECT_LT(approximate_kl_max, 0.2);

  const PolicyNet net = (*network)->actor();
  const auto answer = [&](float signal) {
    std::vector<float> state;
    PolicyAction action{};
    for (int i = 0; i < 8; ++i) {
      PolicyFeatures features{};
      features[0] = i == 6 ? signal : i == 7 ? 0.0F : 0.6F;
      action = net.act(features, state);
    }
    return action[0];
  };
  EXPECT_GT(answer(0.6F), answer(-0.6F) + 0.3) << "it acts on what was shown a step before";
}

TEST(Ppo, GoesOnFromGivenWeightsAndLeavesThemAloneWhileTheCriticsLearn) {
  Recall env;
  const auto first = train(env, small(10), "", nullptr);
  ASSERT_TRUE(first);
  TrainingOptions options = small(6);
  options.seed = 9;
  options.initial_actor = std::make_shared<PolicyNet>((*first)->actor());
  options.critic_warmup_updates = 4;
  std::vector<double> losses;
  const auto stopped = train(env, options, "", [&](const TrainingProgress& p) {
    losses.push_back(p.ppo.value_loss);
    return p.update < 4;
  });
  ASSERT_TRUE(stopped);
  EXPECT_EQ((*stopped)->actor().version, options.initial_actor->version);
  EXPECT_LT(losses.back(), losses.front());
  const auto further = train(env, options, "", nullptr);
  EXPECT_NE((*further)->actor().version, options.initial_actor->version);
  options.hidden = 8;
  const auto refused = train(env, options, "", nullptr);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("16 hidden units"), std::string::npos);
}

TEST(Ppo, ATrainingThatWasStoppedEndsAsOneThatWasNot) {
  const std::string checkpoint =
      (std::filesystem::temp_directory_path() / ("ppo-" + std::to_string(::getpid()) + ".json"))
          .string();
  std::filesystem::remove(checkpoint);
  Recall env;
  const TrainingOptions options = small(12);
  const auto whole = train(env, options, "", nullptr);
  struct Stopped {};
  EXPECT_THROW((void)train(env, options, checkpoint,
                           [](const TrainingProgress& p) {
                             if (p.update == 8) throw Stopped{};
                             return true;
                           }),
               Stopped);
  const auto resumed = train(env, options, checkpoint, nullptr);
  ASSERT_TRUE(whole && resumed);
  EXPECT_EQ(policy_net_json((*whole)->actor()), policy_net_json((*resumed)->actor()));

  std::vector<TrainingOptions> others(3, options);
  others[0].seed = 2;
  others[1].multipliers.integral_gain *= 2;
  others[2].environment = "another";
  for (const auto& other : others) {
    const auto refused = train(env, other, checkpoint, nullptr);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("with other options"), std::string::npos);
  }
  ASSERT_TRUE(write_file_atomically(checkpoint, "{\"options\":"));
  EXPECT_FALSE(train(env, options, checkpoint, nullptr));
  std::filesystem::remove(checkpoint);
}

}  // namespace
}  // namespace starling::ppo
