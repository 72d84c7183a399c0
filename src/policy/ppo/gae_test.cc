// Advantages against their definition, a sum over the future.
#include "policy/ppo/gae.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace starling::ppo {
namespace {

TEST(Gae, IsTheDiscountedSumOfTdErrors) {
  constexpr std::size_t kSteps = 12, kNumEnvs = 3;
  const GaeOptions options{0.9, 0.8};
  Rng rng(1);
  std::vector<float> rewards, values, bootstrap;
  std::vector<std::uint8_t> done;
  for (std::size_t i = 0; i < kSteps * kNumEnvs; ++i) {
    rewards.push_back(static_cast<float>(rng.normal()));
    values.push_back(static_cast<float>(rng.normal()));
    done.push_back(rng.chance(0.2) ? 1 : 0);
  }
  for (std::size_t env = 0; env < kNumEnvs; ++env)
    bootstrap.push_back(static_cast<float>(rng.normal()));
  const Advantages found = generalised_advantages(rewards, values, done, bootstrap, options);
  for (std::size_t t = 0; t < kSteps; ++t) {
    for (std::size_t env = 0; env < kNumEnvs; ++env) {
      // Σ (γλ)^l δ_{t+l}, until the episode's time is over.
      double sum = 0, weight = 1;
      for (std::size_t s = t; s < kSteps; ++s) {
        const std::size_t i = s * kNumEnvs + env;
        const double next = done[i]          ? values[i]
                            : s + 1 < kSteps ? values[i + kNumEnvs]
                                             : bootstrap[env];
        sum += weight * (rewards[i] + options.gamma * next - values[i]);
        if (done[i]) break;
        weight *= options.gamma * options.lambda;
      }
      EXPECT_NEAR(found.advantages[t * kNumEnvs + env], sum, 1e-5);
      EXPECT_NEAR(found.returns[t * kNumEnvs + env], sum + values[t * kNumEnvs + env], 1e-5);
    }
  }
}

TEST(Gae, WithLambdaOneItIsTheReturnMinusTheValue) {
  const std::vector<float> rewards{1, 1, 1}, values{5, 5, 5}, bootstrap{2};
  const std::vector<std::uint8_t> done{0, 0, 0};
  const Advantages found = generalised_advantages(rewards, values, done, bootstrap, {1, 1});
  EXPECT_FLOAT_EQ(found.returns[0], 3 + 2);
  EXPECT_FLOAT_EQ(found.advantages[2], 1 + 2 - 5);
}

TEST(Gae, ATimeLimitTruncatesAndDoesNotTerminate) {
  // A steady reward for ever is worth r / (1 − γ) at each step, the last one included.
  const GaeOptions options{0.9, 0.8};
  const std::vector<float> rewards(6, 2), values(6, 20), bootstrap{20};
  const std::vector<std::uint8_t> done{0, 0, 1, 0, 0, 1};
  for (const float advantage :
       generalised_advantages(rewards, values, done, bootstrap, options).advantages)
    EXPECT_NEAR(advantage, 0, 1e-5);
}

}  // namespace
}  // namespace starling::ppo
