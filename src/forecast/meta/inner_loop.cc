// Implements forecast/meta/inner_loop.h.
#include "forecast/meta/inner_loop.h"

#include <torch/csrc/autograd/autograd.h>

#include <utility>

namespace starling::meta {
namespace {

/// For each task the factor ≤ 1 that bounds the norm of its whole gradient, [T, 1, 1].
at::Tensor clip_factors(const std::vector<at::Tensor>& gradients, double norm_max) {
  at::Tensor squares = at::zeros({gradients.front().size(0), 1, 1}, gradients.front().options());
  for (const at::Tensor& gradient : gradients) {
    squares = squares + (gradient * gradient).sum({1, 2}, true);
  }
  return clip_of(squares, norm_max);
}

}  // namespace

at::Tensor clip_of(const at::Tensor& squares, double norm_max) {
  // Bounded before the root, whose derivative at a gradient of zero is infinite.
  return (norm_max / squares.clamp_min(1e-24).sqrt()).clamp_max(1.0);
}

NoOneDnnGuard::NoOneDnnGuard() : was_enabled_(at::globalContext().userEnabledMkldnn()) {
  at::globalContext().setUserEnabledMkldnn(false);
}
NoOneDnnGuard::~NoOneDnnGuard() { at::globalContext().setUserEnabledMkldnn(was_enabled_); }

Losses by_own_layers(NetworkLosses losses) {
  return [losses = std::move(losses)](const net::Weights& weights) {
    return losses(weights, net::layers_of(weights));
  };
}

NetworkLosses pinball_losses(net::Batch batch) {
  return [batch = std::move(batch)](const net::Weights& weights, const net::Layer& layer) {
    return net::pinball(net::quantiles(weights, batch, layer), batch);
  };
}

InnerRates constant_rates(const net::Weights& weights, double rate) {
  return InnerRates(weights.size(), at::full({1, 1, 1}, rate, weights.front().options()).detach());
}

InnerRates film_rates(const net::Weights& weights, double rate) {
  InnerRates rates(weights.size());
  for (const std::size_t i : {net::kReadOutGain, net::kReadOutShift, net::kHeadBias}) {
    rates[i] = at::full({1, 1, 1}, rate, weights[i].options()).detach();
  }
  return rates;
}

InnerRates rates_for(const net::Weights& weights, const InnerLoop& loop) {
  return loop.part == Part::kFilm ? film_rates(weights, loop.rate)
                                  : constant_rates(weights, loop.rate);
}

net::Weights follow_losses(const net::Weights& from, const Losses& support, const InnerLoop& loop,
                           const InnerRates& rates, Order order) {
  net::Weights fast = from;
  for (int step = 0; step < loop.steps; ++step) {
    std::vector<at::Tensor> moving;
    for (std::size_t i = 0; i < fast.size(); ++i) {
      if (rates[i].defined()) moving.push_back(fast[i]);
    }
    const auto gradients = torch::autograd::grad({support(fast).sum()}, moving, {}, c10::nullopt,
                                                 order == Order::kSecond);
    const at::Tensor clip = clip_factors(gradients, loop.norm_max);
    for (std::size_t i = 0, moved = 0; i < fast.size(); ++i) {
      if (rates[i].defined()) fast[i] = fast[i] - rates[i] * (clip * gradients[moved++]);
    }
  }
  return fast;
}

net::Weights shared_by(const net::Weights& one, std::int64_t tasks) {
  net::Weights copies;
  for (const at::Tensor& weight : one) copies.push_back(weight.expand({tasks, -1, -1}));
  return copies;
}

Gradient pinball_gradient(const net::Weights& weights, const net::Batch& batch) {
  const at::Tensor losses = net::pinball(net::quantiles(weights, batch), batch);
  Gradient gradient;
  gradient.by_weight = torch::autograd::grad({losses.sum()}, weights);
  gradient.losses = losses.detach();
  return gradient;
}

}  // namespace starling::meta
