// Implements forecast/meta/second_order_maml.h.
#include "forecast/meta/second_order_maml.h"

#include <torch/csrc/autograd/autograd.h>

#include "forecast/meta/low_rank_loop.h"

namespace starling::meta {

Gradient maml_gradient(const net::Weights& theta, const Episode& episode, const InnerLoop& loop) {
  const NoOneDnnGuard no_one_dnn;
  const net::Weights start = net::detached(theta, /*differentiable=*/true);
  const at::Tensor losses =
      losses_after(start, episode, loop, rates_for(start, loop), Order::kSecond);
  return {torch::autograd::grad({losses.mean()}, start), losses.detach()};
}

}  // namespace starling::meta
