// Reptile: shared weights move towards where each task's own training ends. Internal: libtorch
// types.
#pragma once

#include "forecast/meta/inner_loop.h"

namespace starling::meta {

/// Reptile (Nichol, Achiam & Schulman 2018, algorithm 2) as a gradient for any optimiser:
///     1/T Σ_i (θ − θ'_i) / (α · steps),
/// the mean of the inner gradients. It knows no support and query: the inner steps take the two in
/// turn, as the mini-batches of one task, support first; so it takes at least two steps to see
/// both. The losses are the query losses at θ'_i.
Gradient reptile_gradient(const net::Weights& theta, const Episode& episode, const InnerLoop& loop);

}  // namespace starling::meta
