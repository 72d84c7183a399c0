// First-order MAML: the inner gradients count as constants. Internal: libtorch types.
#pragma once

#include "forecast/meta/inner_loop.h"

namespace starling::meta {

/// FOMAML (Finn, Abbeel & Levine 2017, section 5.2; Nichol, Achiam & Schulman 2018, equation 8):
///     1/T Σ_i ∇_{θ'_i} L_i^query(θ'_i),
/// the gradient where adaptation ended, applied to θ as if ∂θ'_i/∂θ were the identity.
Gradient fomaml_gradient(const net::Weights& theta, const Episode& episode, const InnerLoop& loop);

}  // namespace starling::meta
