// MAML in full: the outer gradient goes through the inner loop. Internal: libtorch types.
#pragma once

#include "forecast/meta/inner_loop.h"

namespace starling::meta {

/// Model-agnostic meta-learning (Finn, Abbeel & Levine 2017, algorithm 1 and section 2.2):
///     ∇_θ 1/T Σ_i L_i^query(θ'_i(θ)),
/// θ'_i by equation (1) on task i's support. The derivative of θ'_i holds the Hessians of the
/// support losses. `theta` is [1, …].
Gradient maml_gradient(const net::Weights& theta, const Episode& episode, const InnerLoop& loop);

}  // namespace starling::meta
