// Meta-SGD: every parameter learns the rate of its own inner steps. Internal: libtorch types.
#pragma once

#include "forecast/meta/inner_loop.h"

namespace starling::meta {

/// ln α for every parameter, all at `rate`: shaped like `theta`.
net::Weights initial_log_rates(const net::Weights& theta, double rate);
/// α = exp(ln α): rates stay positive, and their updates are relative.
InnerRates learned_rates(const net::Weights& log_rates);

struct MetaSgdGradient {
  Gradient theta;
  std::vector<at::Tensor> by_log_rate;
};

/// Meta-SGD (Li, Zhou, Chen & Li 2017, equations 2 and 3): MAML with θ'_i = θ − α ∘ ∇L_i^support(θ)
/// and the outer gradient with respect to θ and α. Unlike there α is exp of what is learned, and
/// the loop may take several steps; `loop.rate` is not used.
MetaSgdGradient meta_sgd_gradient(const net::Weights& theta, const net::Weights& log_rates,
                                  const Episode& episode, const InnerLoop& loop);

}  // namespace starling::meta
