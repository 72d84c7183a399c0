// Implements forecast/meta/local_training.h.
#include "forecast/meta/local_training.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/rng.h"
#include "forecast/meta/inner_loop.h"
#include "forecast/meta/private_gradient.h"
#include "forecast/net/adamw.h"
#include "forecast/net/network.h"

namespace starling {
namespace {

double schedule(int step, int steps) {
  const double warm_up = std::min(1.0, (step + 1.0) / std::max(1.0, steps / 20.0));
  return warm_up * 0.5 * (1 + std::cos(std::numbers::pi * std::min(step, steps) / steps));
}

}  // namespace

struct LocalTrainer::Impl {
  LocalTrainingOptions options;
  std::vector<const Example*> windows;
  Rng rng;
  net::AdamW optimiser;
  federated::PrivacyAccountant accountant;

  Impl(std::vector<const Example*> given, const LocalTrainingOptions& wanted)
      : options(wanted),
        windows(std::move(given)),
        rng(wanted.seed),
        optimiser(net::from_payload(
                      std::vector<float>(static_cast<std::size_t>(weight_count(wanted.shape))),
                      wanted.shape),
                  {.rate = wanted.rate, .decay = wanted.decay}) {}

  std::vector<at::Tensor> gradient(const net::Weights& weights) {
    std::vector<const Example*> chosen;
    if (!options.privacy.on()) {
      for (int k = 0; k < options.batch; ++k) chosen.push_back(windows[rng.below(windows.size())]);
      return meta::pinball_gradient(weights,
                                    net::batch_of(std::span<const Example* const>(chosen), 1))
          .by_weight;
    }
    const double rate =
        std::min(1.0, static_cast<double>(options.batch) / static_cast<double>(windows.size()));
    for (const std::size_t i : meta::poisson_sample(windows.size(), rate, rng))
      chosen.push_back(windows[i]);
    accountant.add(rate, options.privacy.noise);
    return meta::private_gradient(weights, chosen, options.privacy,
                                  rate * static_cast<double>(windows.size()), rng);
  }
};

LocalTrainer::LocalTrainer(std::vector<const Example*> windows, const LocalTrainingOptions& options)
    : impl_(std::make_unique<Impl>(std::move(windows), options)) {
  assert(!impl_->windows.empty());
  net::use_one_thread();
}
LocalTrainer::LocalTrainer(LocalTrainer&&) noexcept = default;
LocalTrainer::~LocalTrainer() = default;

std::vector<float> LocalTrainer::train(const std::vector<float>& from, int steps) {
  net::Weights weights =
      net::detached(net::from_payload(from, impl_->options.shape), /*differentiable=*/true);
  for (int k = 0; k < steps; ++k) {
    const auto gradient = impl_->gradient(weights);
    impl_->optimiser.step(weights, gradient,
                          schedule(impl_->optimiser.steps(), impl_->options.steps));
  }
  return net::to_payload(net::detached(weights, /*differentiable=*/false));
}

std::size_t LocalTrainer::windows() const { return impl_->windows.size(); }

double LocalTrainer::epsilon() const {
  if (impl_->optimiser.steps() == 0) return 0;
  if (!impl_->options.privacy.on()) return std::numeric_limits<double>::infinity();
  return impl_->accountant.epsilon(impl_->options.privacy.delta);
}

struct WindowJudge::Impl {
  NetworkShape shape;
  net::Batch batch;
};

WindowJudge::WindowJudge(std::span<const Example* const> windows, const NetworkShape& shape)
    : impl_(std::make_unique<Impl>(Impl{shape, net::batch_of(windows, 1)})) {}
WindowJudge::WindowJudge(WindowJudge&&) noexcept = default;
WindowJudge::~WindowJudge() = default;

double WindowJudge::loss(const std::vector<float>& weights) const {
  const at::NoGradGuard no_gradients;
  const net::Weights network = net::from_payload(weights, impl_->shape);
  const double loss =
      net::pinball(net::quantiles(network, impl_->batch), impl_->batch).item<double>();
  return std::isfinite(loss) ? loss : std::numeric_limits<double>::infinity();
}

std::vector<float> untrained_weights(const NetworkShape& shape, std::uint64_t seed) {
  Rng rng(seed);
  return net::to_payload(net::initial_weights(shape, rng));
}

}  // namespace starling
