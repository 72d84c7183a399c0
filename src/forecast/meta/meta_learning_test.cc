// Meta-learning of the quantile network in miniature, by every algorithm and by the controls.
#include "forecast/meta/meta_learning.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "forecast/meta/low_rank_loop.h"
#include "forecast/meta/second_order_maml.h"
#include "forecast/workloads_for_tests.h"

namespace starling::meta {
namespace {

constexpr std::array kAlgorithms{Algorithm::kMaml,    Algorithm::kFomaml,     Algorithm::kReptile,
                                 Algorithm::kAnil,    Algorithm::kMetaSgd,    Algorithm::kFilmMaml,
                                 Algorithm::kControl, Algorithm::kControlBoth};

LearningOptions tiny(Algorithm algorithm, int steps) {
  return {.algorithm = algorithm,
          .seed = 3,
          .hidden = 12,
          .steps = steps,
          .tasks = 6,
          .support = 6,
          .query = 4,
          .inner = {.steps = 2, .rate = 0.02},
          .outer_rate = 1e-2,
          .checks = 4};
}

const std::vector<TaskSet>& waves() {
  static const std::vector<TaskSet> sets{
      task_set("waves", 1, seasonal_workloads(20, 200, 1), 2, Regime::kShort)};
  return sets;
}

/// One batch of the network's own tasks.
Episode network_episode() {
  std::vector<const Example*> support, query;
  const auto& tasks = waves()[0].tasks;
  for (std::size_t t = 0; t < 4; ++t) {
    for (std::size_t k = 0; k < 4; ++k) {
      support.push_back(&tasks[t][k]);
      query.push_back(&tasks[t][k + 4]);
    }
  }
  return {4, pinball_losses(net::batch_of(support, 4)), pinball_losses(net::batch_of(query, 4))};
}

TEST(MetaLearningGradient, TheNetworksSecondOrderIsItsSlopeAndRepeats) {
  const Episode episode = network_episode();
  const InnerLoop loop{.steps = 2, .rate = 0.05};
  Rng rng(1);
  const net::Weights theta = net::initial_weights({Regime::kShort, 12}, rng);
  const auto gradient = maml_gradient(theta, episode, loop).by_weight;
  double squares = 0;
  for (const at::Tensor& one : gradient) squares += one.square().sum().item<double>();
  const double norm = std::sqrt(squares);
  const auto loss_along = [&](double distance) {
    net::Weights moved;
    for (std::size_t i = 0; i < theta.size(); ++i) {
      moved.push_back(theta[i] + (distance / norm) * gradient[i]);
    }
    return maml_gradient(moved, episode, loop).losses.mean().item<double>();
  };
  constexpr double kStep = 5e-3;
  EXPECT_NEAR((loss_along(kStep) - loss_along(-kStep)) / (2 * kStep), norm, 0.05 * norm);
  for (int repeat = 0; repeat < 3; ++repeat) {
    const at::Tensor elsewhere = at::ones({1000 + 137 * repeat});  // moves later allocations
    const auto again = maml_gradient(theta, episode, loop).by_weight;
    for (std::size_t i = 0; i < gradient.size(); ++i) EXPECT_TRUE(again[i].equal(gradient[i])) << i;
  }
}

TEST(MetaLearningGradient, StepsOfLowRankLeadWhereStepsOfWholeMatricesDo) {
  const Episode episode = network_episode();
  Rng rng(1);
  const net::Weights theta =
      net::detached(net::initial_weights({Regime::kShort, 12}, rng), /*differentiable=*/true);
  const NoOneDnnGuard no_one_dnn;
  for (const Part part : {Part::kAll, Part::kFilm}) {
    const InnerLoop loop{.steps = 3, .rate = 0.05, .norm_max = 0.3, .part = part};
    const InnerRates rates = rates_for(theta, loop);
    const at::Tensor losses = losses_after(theta, episode, loop, rates, Order::kSecond);
    const net::Weights end =
        follow_losses(shared_by(theta, episode.tasks), by_own_layers(episode.support), loop, rates,
                      Order::kSecond);
    const at::Tensor expected = by_own_layers(episode.query)(end);
    EXPECT_TRUE(losses.allclose(expected, 1e-4, 1e-6));
    const auto gradient = torch::autograd::grad({losses.mean()}, theta);
    const auto slope = torch::autograd::grad({expected.mean()}, theta);
    for (std::size_t i = 0; i < theta.size(); ++i) {
      const double size = slope[i].abs().max().item<double>();
      EXPECT_LT((gradient[i] - slope[i]).abs().max().item<double>(), 1e-3 * size + 1e-7) << i;
    }
  }
}

class MetaLearning : public testing::TestWithParam<Algorithm> {};

TEST_P(MetaLearning, LowersTheLossOfHeldOutTasksAndRepeatsToTheByte) {
  const auto one = learn(waves(), tiny(GetParam(), 1));
  const auto many = learn(waves(), tiny(GetParam(), 60));
  ASSERT_TRUE(one && many);
  EXPECT_LT(many->held_out_loss, 0.95 * one->held_out_loss);
  const auto again = learn(waves(), tiny(GetParam(), 60));
  ASSERT_TRUE(again);
  EXPECT_EQ(net::to_payload(many->theta), net::to_payload(again->theta));
}

INSTANTIATE_TEST_SUITE_P(Algorithms, MetaLearning, testing::ValuesIn(kAlgorithms),
                         [](const auto& tested) {
                           std::string name = algorithm_name(tested.param);
                           std::erase(name, '-');
                           return name;
                         });

TEST(MetaLearningRates, MetaSgdLearnsRatesThatDiffer) {
  const auto learned = learn(waves(), tiny(Algorithm::kMetaSgd, 30));
  ASSERT_TRUE(learned);
  double lowest = 1, highest = 0;
  for (const at::Tensor& rates : rates_of(Algorithm::kMetaSgd, *learned, 0)) {
    lowest = std::min(lowest, rates.min().item<double>());
    highest = std::max(highest, rates.max().item<double>());
  }
  EXPECT_GT(lowest, 0);
  EXPECT_GT(highest, 1.1 * lowest);
}

TEST(MetaLearningErrors, NoTaskAndAStopAreSaid) {
  const auto nothing = learn({}, tiny(Algorithm::kMaml, 5));
  ASSERT_FALSE(nothing);
  EXPECT_NE(nothing.error().message.find("nothing to learn from"), std::string::npos);
  int asked = 0;
  const auto stopped = learn(waves(), tiny(Algorithm::kMaml, 5), [&](const TrainingState& state) {
    EXPECT_EQ(state.step, ++asked);
    return asked < 2;
  });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(stopped.error().message.find("step 2 of 5"), std::string::npos);
}

}  // namespace
}  // namespace starling::meta
