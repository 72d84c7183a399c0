// The meta-learning algorithms on tasks whose gradients can be checked: against finite differences,
// closed forms and one another.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <numbers>

#include "base/rng.h"
#include "forecast/meta/anil.h"
#include "forecast/meta/fomaml.h"
#include "forecast/meta/meta_sgd.h"
#include "forecast/meta/reptile.h"
#include "forecast/meta/second_order_maml.h"

namespace starling::meta {
namespace {

constexpr std::int64_t kTasks = 3;
constexpr double kNoClip = 1e12;

at::Tensor random_tensor(at::IntArrayRef shape, Rng& rng) {
  at::Tensor tensor = at::zeros(shape, at::kDouble);
  double* values = tensor.data_ptr<double>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) values[i] = rng.normal();
  return tensor;
}

/// Regression of sines (Finn, Abbeel & Levine 2017, section 5.1) by a network with one hidden
/// layer, in double precision: amplitude and phase are the task's.
struct Sines {
  explicit Sines(std::uint64_t seed) : rng(seed) {
    theta = {random_tensor({1, 1, 6}, rng), random_tensor({1, 1, 6}, rng),
             random_tensor({1, 6, 1}, rng), random_tensor({1, 1, 1}, rng)};
  }

  Episode draw() {
    const at::Tensor amplitude = random_tensor({kTasks, 1, 1}, rng).abs() + 0.5;
    const at::Tensor phase = random_tensor({kTasks, 1, 1}, rng) * (std::numbers::pi / 3);
    const auto losses = [&] {
      const at::Tensor x = random_tensor({kTasks, 10, 1}, rng) * 2;
      const at::Tensor y = amplitude * (x - phase).sin();
      return [x, y](const net::Weights&, const net::Layer& layer) {
        return (layer(2, at::tanh(layer(0, x))) - y).square().mean({1, 2});
      };
    };
    return {kTasks, losses(), losses()};
  }

  Rng rng;
  net::Weights theta;
};

/// Mean query loss after adaptation, the objective whose gradient MAML takes.
double objective(const net::Weights& theta, const Episode& episode, const InnerLoop& loop,
                 const InnerRates& rates) {
  const net::Weights start = net::detached(net::replicate(theta, episode.tasks), true);
  const auto end = follow_losses(start, by_own_layers(episode.support), loop, rates, Order::kFirst);
  return by_own_layers(episode.query)(end).mean().item<double>();
}

/// ∂ f / ∂ (weights, all one after the other) by central differences.
template <typename Function>
std::vector<double> finite_differences(net::Weights weights, Function f) {
  constexpr double kStep = 1e-5;
  std::vector<double> slopes;
  for (at::Tensor& weight : weights) {
    double* values = weight.data_ptr<double>();
    for (std::int64_t i = 0; i < weight.numel(); ++i) {
      const double before = values[i];
      values[i] = before + kStep;
      const double above = f();
      values[i] = before - kStep;
      const double below = f();
      values[i] = before;
      slopes.push_back((above - below) / (2 * kStep));
    }
  }
  return slopes;
}

std::vector<double> flat(const std::vector<at::Tensor>& tensors) {
  std::vector<double> values;
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor one = tensor.contiguous();
    values.insert(values.end(), one.data_ptr<double>(), one.data_ptr<double>() + one.numel());
  }
  return values;
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << "place " << i;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

TEST(MetaGradients, MamlMatchesFiniteDifferencesThroughSeveralSteps) {
  Sines sines(1);
  const Episode episode = sines.draw();
  for (const double norm_max : {kNoClip, 0.5}) {  // the second one clips
    const InnerLoop loop{.steps = 3, .rate = 0.05, .norm_max = norm_max};
    const auto expected = finite_differences(sines.theta, [&] {
      return objective(sines.theta, episode, loop, constant_rates(sines.theta, loop.rate));
    });
    expect_near(flat(maml_gradient(sines.theta, episode, loop).by_weight), expected, 1e-6);
    // What the first order leaves out is no rounding error here.
    EXPECT_GT(distance(flat(fomaml_gradient(sines.theta, episode, loop).by_weight), expected),
              1e-2);
  }
}

TEST(MetaGradients, MamlOnQuadraticTasksHasItsClosedForm) {
  // L(w) = a/2 (w − c)²: one step gives w' = w − αa(w − c), and dL'/dw = (1 − αa)² a (w − c); the
  // first order has one factor (1 − αa) less.
  constexpr double kRate = 0.1, kCurve = 3, kCentre = 2, kStart = 5;
  const NetworkLosses bowl = [](const net::Weights& w, const net::Layer&) {
    return (w[0] - kCentre).square().sum({1, 2}) * (kCurve / 2);
  };
  const Episode episode{1, bowl, bowl};
  const net::Weights theta{at::full({1, 1, 1}, kStart, at::kDouble)};
  const InnerLoop loop{.steps = 1, .rate = kRate, .norm_max = kNoClip};
  const double shrink = 1 - kRate * kCurve, slope = kCurve * (kStart - kCentre);
  EXPECT_NEAR(flat(maml_gradient(theta, episode, loop).by_weight)[0], shrink * shrink * slope,
              1e-9);
  EXPECT_NEAR(flat(fomaml_gradient(theta, episode, loop).by_weight)[0], shrink * slope, 1e-9);
  EXPECT_NEAR(flat(reptile_gradient(theta, episode, loop).by_weight)[0], slope, 1e-9);
}

TEST(MetaGradients, FirstOrderComesToMamlAsTheInnerRateGoesToZero) {
  Sines sines(2);
  const Episode episode = sines.draw();
  const auto gap = [&](double rate) {
    const InnerLoop loop{.steps = 2, .rate = rate, .norm_max = kNoClip};
    return distance(flat(fomaml_gradient(sines.theta, episode, loop).by_weight),
                    flat(maml_gradient(sines.theta, episode, loop).by_weight));
  };
  EXPECT_GT(gap(1e-2), 1e-4);
  // The gap is linear in the rate.
  EXPECT_NEAR(gap(1e-5) / gap(1e-4), 0.1, 0.01);
  EXPECT_LT(gap(1e-8), 1e-6);
}

TEST(MetaGradients, FirstOrderIsTheGradientWhereTheTasksEnd) {
  Sines sines(8);
  const Episode episode = sines.draw();
  const InnerLoop loop{.steps = 3, .rate = 0.05, .norm_max = 0.5};
  const net::Weights start = net::detached(net::replicate(sines.theta, kTasks), true);
  const net::Weights end = net::detached(follow_losses(start, by_own_layers(episode.support), loop,
                                                       rates_for(start, loop), Order::kFirst),
                                         true);
  auto expected = torch::autograd::grad({by_own_layers(episode.query)(end).mean()}, end);
  for (at::Tensor& gradient : expected) gradient = gradient.sum(0, true);
  expect_near(flat(fomaml_gradient(sines.theta, episode, loop).by_weight), flat(expected), 1e-12);
}

TEST(MetaGradients, ReptileMovesTowardsTheMeanOfWhereTheTasksEnd) {
  Sines sines(3);
  const Episode episode = sines.draw();
  const InnerLoop loop{.steps = 1, .rate = 0.01, .norm_max = kNoClip};
  // One step is joint training on the support.
  const net::Weights start = net::detached(net::replicate(sines.theta, kTasks), true);
  const net::Weights end = follow_losses(start, by_own_layers(episode.support), loop,
                                         constant_rates(start, loop.rate), Order::kFirst);
  const auto moved = flat(reptile_gradient(sines.theta, episode, loop).by_weight);
  std::vector<at::Tensor> expected;
  for (std::size_t i = 0; i < end.size(); ++i) {
    expected.push_back(((sines.theta[i] - end[i]).mean(0, true) / loop.rate).detach());
  }
  expect_near(moved, flat(expected), 1e-9);
  // Two steps see the query as well.
  const InnerLoop two{.steps = 2, .rate = 0.01, .norm_max = kNoClip};
  Episode other = episode;
  other.query = sines.draw().query;
  EXPECT_GT(distance(flat(reptile_gradient(sines.theta, episode, two).by_weight),
                     flat(reptile_gradient(sines.theta, other, two).by_weight)),
            1e-3);
  // Following it lowers the loss after adaptation.
  net::Weights theta = net::detached(sines.theta, false);
  const InnerLoop five{.steps = 5, .rate = 0.02, .norm_max = kNoClip};
  const double before = objective(theta, episode, five, constant_rates(theta, five.rate));
  for (int step = 0; step < 50; ++step) {
    const auto gradient = reptile_gradient(theta, episode, five).by_weight;
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i] = theta[i] - 0.02 * gradient[i];
  }
  EXPECT_LT(objective(theta, episode, five, constant_rates(theta, five.rate)), 0.9 * before);
}

TEST(MetaGradients, AnilAdaptsTheHeadAloneAndTeachesTheBody) {
  Sines sines(4);
  const Episode episode = sines.draw();
  const InnerLoop loop{.steps = 3, .rate = 0.05, .norm_max = kNoClip};
  const InnerRates rates = head_rates(sines.theta, loop.rate);
  const net::Weights start = net::detached(net::replicate(sines.theta, kTasks), true);
  const net::Weights end =
      follow_losses(start, by_own_layers(episode.support), loop, rates, Order::kFirst);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(end[i].equal(start[i]));
  for (std::size_t i = 2; i < 4; ++i) EXPECT_FALSE(end[i].equal(start[i]));
  const auto expected =
      finite_differences(sines.theta, [&] { return objective(sines.theta, episode, loop, rates); });
  expect_near(flat(anil_gradient(sines.theta, episode, loop).by_weight), expected, 1e-6);
}

TEST(MetaGradients, MetaSgdWithEqualRatesIsMaml) {
  Sines sines(5);
  const Episode episode = sines.draw();
  const InnerLoop loop{.steps = 2, .rate = 0.03, .norm_max = kNoClip};
  net::Weights log_rates = initial_log_rates(sines.theta, loop.rate);
  const auto gradient = meta_sgd_gradient(sines.theta, log_rates, episode, loop);
  expect_near(flat(gradient.theta.by_weight),
              flat(maml_gradient(sines.theta, episode, loop).by_weight), 1e-12);
  const auto expected = finite_differences(
      log_rates, [&] { return objective(sines.theta, episode, loop, learned_rates(log_rates)); });
  expect_near(flat(gradient.by_log_rate), expected, 1e-6);
}

TEST(MetaGradients, TasksDoNotReachOneAnother) {
  Sines sines(6);
  const Episode all = sines.draw();
  const InnerLoop loop{.steps = 2, .rate = 0.05, .norm_max = 1};
  // Without the losses of the other tasks, the first one ends in the same place.
  Episode first = all;
  const at::Tensor only = at::tensor({1.0, 0.0, 0.0}, at::kDouble);
  first.support = [&](const net::Weights& w, const net::Layer& layer) {
    return all.support(w, layer) * only;
  };
  const net::Weights start = net::detached(net::replicate(sines.theta, kTasks), true);
  const InnerRates rates = constant_rates(start, loop.rate);
  const net::Weights together =
      follow_losses(start, by_own_layers(all.support), loop, rates, Order::kFirst);
  const net::Weights alone =
      follow_losses(start, by_own_layers(first.support), loop, rates, Order::kFirst);
  for (std::size_t i = 0; i < together.size(); ++i) {
    EXPECT_TRUE(together[i].narrow(0, 0, 1).allclose(alone[i].narrow(0, 0, 1)));
    EXPECT_TRUE(alone[i].narrow(0, 1, 2).equal(start[i].narrow(0, 1, 2)));
  }
}

}  // namespace
}  // namespace starling::meta
