// Implements forecast/meta/fomaml.h.
#include "forecast/meta/fomaml.h"

#include <torch/csrc/autograd/autograd.h>

namespace starling::meta {

OuterGradient fomaml_gradient(const net::Weights& theta, const Episode& episode,
                              const InnerLoop& loop) {
  const net::Weights start = net::detached(theta, /*differentiable=*/true);
  const net::Weights fast = follow_losses(shared_by(start, episode.tasks), episode.support, loop,
                                          rates_for(start, loop), Order::kFirst);
  const net::Weights end = net::detached(fast, /*differentiable=*/true);
  const at::Tensor losses = episode.query(end);
  OuterGradient outer{torch::autograd::grad({losses.mean()}, end), losses.detach()};
  for (at::Tensor& gradient : outer.by_weight) gradient = gradient.sum(0, true);
  return outer;
}

}  // namespace starling::meta
