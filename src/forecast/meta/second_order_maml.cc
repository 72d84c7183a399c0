// Implements forecast/meta/second_order_maml.h.
#include "forecast/meta/second_order_maml.h"

#include <torch/csrc/autograd/autograd.h>

namespace starling::meta {

OuterGradient maml_gradient(const net::Weights& theta, const Episode& episode,
                            const InnerLoop& loop) {
  const SecondDerivatives exact;
  const net::Weights start = net::detached(theta, /*differentiable=*/true);
  const net::Weights fast = follow_losses(shared_by(start, episode.tasks), episode.support, loop,
                                          rates_for(start, loop), Order::kSecond);
  const at::Tensor losses = episode.query(fast);
  return {torch::autograd::grad({losses.mean()}, start), losses.detach()};
}

}  // namespace starling::meta
