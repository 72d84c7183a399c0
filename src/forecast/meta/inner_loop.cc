// Implements forecast/meta/inner_loop.h.
#include "forecast/meta/inner_loop.h"

#include <torch/csrc/autograd/autograd.h>

namespace starling::meta {
namespace {

/// For each task the factor ≤ 1 that bounds the norm of its whole gradient, [T, 1, 1].
at::Tensor clip_factors(const std::vector<at::Tensor>& gradients, double norm_max) {
  at::Tensor squares = at::zeros({gradients.front().size(0), 1, 1});
  for (const at::Tensor& gradient : gradients) squares += (gradient * gradient).sum({1, 2}, true);
  return (norm_max / squares.sqrt().clamp_min(1e-12)).clamp_max(1.0);
}

}  // namespace

Gradient pinball_gradient(const net::Weights& weights, const net::Batch& batch) {
  const at::Tensor losses = net::pinball(net::quantiles(weights, batch), batch);
  Gradient gradient;
  gradient.by_weight = torch::autograd::grad({losses.sum()}, weights);
  gradient.losses = losses.detach();
  return gradient;
}

net::Weights adapted(const net::Weights& from, const net::Batch& support, const InnerLoop& loop) {
  net::Weights fast = net::detached(from, true);
  for (int step = 0; step < loop.steps; ++step) {
    const Gradient gradient = pinball_gradient(fast, support);
    const at::NoGradGuard no_gradients;
    const at::Tensor step_sizes = loop.rate * clip_factors(gradient.by_weight, loop.norm_max);
    for (std::size_t i = 0; i < fast.size(); ++i) {
      fast[i] = (fast[i] - step_sizes * gradient.by_weight[i]).requires_grad_(true);
    }
  }
  return net::detached(fast, false);
}

}  // namespace starling::meta
