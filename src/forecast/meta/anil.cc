// Implements forecast/meta/anil.h.
#include "forecast/meta/anil.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "forecast/meta/low_rank_loop.h"

namespace starling::meta {

InnerRates head_rates(const net::Weights& weights, double rate, std::size_t head) {
  InnerRates rates = constant_rates(weights, rate);
  std::fill(rates.begin(), rates.end() - static_cast<std::ptrdiff_t>(head), at::Tensor());
  return rates;
}

Gradient anil_gradient(const net::Weights& theta, const Episode& episode, const InnerLoop& loop,
                       std::size_t head) {
  const NoOneDnnGuard no_one_dnn;
  const net::Weights start = net::detached(theta, /*differentiable=*/true);
  const at::Tensor losses =
      losses_after(start, episode, loop, head_rates(start, loop.rate, head), Order::kSecond);
  return {torch::autograd::grad({losses.mean()}, start), losses.detach()};
}

}  // namespace starling::meta
