// Implements forecast/meta/fomaml.h.
#include "forecast/meta/fomaml.h"

#include <torch/csrc/autograd/autograd.h>

#include "forecast/meta/low_rank_loop.h"

namespace starling::meta {

Gradient fomaml_gradient(const net::Weights& theta, const Episode& episode, const InnerLoop& loop) {
  const net::Weights start = net::detached(theta, /*differentiable=*/true);
  const at::Tensor losses =
      losses_after(start, episode, loop, rates_for(start, loop), Order::kFirst);
  return {torch::autograd::grad({losses.mean()}, start), losses.detach()};
}

}  // namespace starling::meta
