// Implements forecast/meta/second_order_maml.h.
#include "forecast/meta/second_order_maml.h"

#include <torch/csrc/autograd/autograd.h>

#include "forecast/meta/low_rank_loop.h"

namespace starling::meta {

OuterGradient maml_gradient(const net::Weights& theta, const Episode& episode,
                            const InnerLoop& loop) {
  const SecondDerivatives exact;
  const net::Weights start = net::detached(theta, /*differentiable=*/true);
  const at::Tensor losses =
      losses_after(start, episode, loop, rates_for(start, loop), Order::kSecond);
  return {torch::autograd::grad({losses.mean()}, start), losses.detach()};
}

}  // namespace starling::meta
