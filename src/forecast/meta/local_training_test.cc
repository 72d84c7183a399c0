// Training in stretches, judging, and gradients that hide each window.
#include "forecast/meta/local_training.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "forecast/meta/inner_loop.h"
#include "forecast/meta/private_gradient.h"
#include "forecast/meta/tasks.h"
#include "forecast/workloads_for_tests.h"

namespace starling {
namespace {

const NetworkShape kShape{.regime = Regime::kShort, .hidden = 8};

std::vector<Example> windows_of(std::uint64_t seed) {
  std::vector<Example> windows;
  for (const Series& series : seasonal_workloads(6, 300, seed)) {
    for (Example& one : examples_of(history_of(series), kShape.regime, 15, 15))
      windows.push_back(std::move(one));
  }
  return windows;
}
std::vector<const Example*> pointers_to(const std::vector<Example>& windows) {
  std::vector<const Example*> pointers;
  for (const Example& one : windows) pointers.push_back(&one);
  return pointers;
}

class LocalTraining : public testing::Test {
 protected:
  std::vector<Example> learn_ = windows_of(1), judge_ = windows_of(2);
  std::vector<float> start_ = untrained_weights(kShape, 3);
};

TEST_F(LocalTraining, LowersTheLossOnOtherWorkloadsAndRepeatsItself) {
  const WindowJudge judge(pointers_to(judge_), kShape);
  const auto trained = [&] {
    LocalTrainer trainer(pointers_to(learn_), {.shape = kShape, .steps = 120, .rate = 5e-3});
    std::vector<float> weights = start_;
    for (int stretch = 0; stretch < 4; ++stretch) weights = trainer.train(weights, 30);
    EXPECT_EQ(trainer.epsilon(), std::numeric_limits<double>::infinity());
    return weights;
  };
  const auto weights = trained();
  EXPECT_LT(judge.loss(weights), 0.95 * judge.loss(start_));
  EXPECT_EQ(weights, trained());
  std::vector<float> broken = weights;
  broken.assign(broken.size(), std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(judge.loss(broken), std::numeric_limits<double>::infinity());
}

TEST_F(LocalTraining, PrivateTrainingLearnsLessAndSaysWhatItGaveAway) {
  const WindowJudge judge(pointers_to(judge_), kShape);
  LocalTrainer trainer(pointers_to(learn_), {.shape = kShape,
                                             .steps = 60,
                                             .batch = 32,
                                             .rate = 5e-3,
                                             .privacy = {.noise = 1, .clip = 0.5}});
  EXPECT_EQ(trainer.epsilon(), 0);
  const auto first = trainer.train(start_, 30);
  const double after_30 = trainer.epsilon();
  const auto second = trainer.train(first, 30);
  EXPECT_GT(after_30, 0);
  EXPECT_GT(trainer.epsilon(), after_30);
  federated::PrivacyAccountant expected;
  expected.add(32.0 / static_cast<double>(learn_.size()), 1, 60);
  EXPECT_NEAR(trainer.epsilon(), expected.epsilon(1e-5), 1e-9);
  EXPECT_LT(judge.loss(second), judge.loss(start_));
}

TEST_F(LocalTraining, WithoutNoiseAndWithALooseClipThePrivateGradientIsTheGradient) {
  const auto pointers = pointers_to(learn_);
  const std::span<const Example* const> some = std::span(pointers).subspan(0, 20);
  const net::Weights weights = net::detached(net::from_payload(start_, kShape), true);
  const auto plain = meta::pinball_gradient(weights, net::batch_of(some, 1));
  Rng rng(1);
  const auto mean = meta::private_gradient(weights, some, {.noise = 0, .clip = 1e9}, 20, rng);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_TRUE(at::allclose(mean[i], plain.by_weight[i], 1e-3, 1e-5)) << "matrix " << i;
  }
}

TEST_F(LocalTraining, NoWindowMovesThePrivateGradientByMoreThanTheClip) {
  const auto pointers = pointers_to(learn_);
  const net::Weights weights = net::detached(net::from_payload(start_, kShape), true);
  const auto sum_of = [&](std::size_t count) {
    Rng rng(1);
    return meta::private_gradient(weights, std::span(pointers).subspan(0, count),
                                  {.noise = 0, .clip = 0.01}, 1, rng);
  };
  for (const std::size_t count : {1UL, 17UL, 40UL}) {
    const auto with = sum_of(count), without = sum_of(count - 1);
    double squares = 0;
    for (std::size_t i = 0; i < with.size(); ++i)
      squares += (with[i] - without[i]).square().sum().item<double>();
    EXPECT_LE(std::sqrt(squares), 0.01 * 1.001);
    EXPECT_GT(std::sqrt(squares), 0);
  }
}

TEST_F(LocalTraining, TheNoiseIsAsLargeAsTheAccountantTakesIt) {
  const net::Weights weights = net::detached(net::from_payload(start_, kShape), true);
  Rng rng(5);
  const auto noise = meta::private_gradient(weights, {}, {.noise = 2, .clip = 0.5}, 1, rng);
  double squares = 0;
  std::int64_t count = 0;
  for (const at::Tensor& one : noise) {
    squares += one.square().sum().item<double>();
    count += one.numel();
  }
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(count)), 1.0, 0.05);
  Rng draws(6);
  EXPECT_NEAR(static_cast<double>(meta::poisson_sample(20'000, 0.1, draws).size()), 2000, 200);
}

}  // namespace
}  // namespace starling
