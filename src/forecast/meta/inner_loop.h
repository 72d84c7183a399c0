// The inner loop of MAML: a few gradient steps from shared weights towards each task. Internal:
// libtorch types.
#pragma once

#include "forecast/net/network.h"

namespace starling::meta {

struct InnerLoop {
  int steps = 3;
  double rate = 0.05;     // α
  double norm_max = 1.0;  // longest gradient of one task: a near-constant window has a tiny scale
};

/// MAML's equation (1) for T tasks at once: starting from θ' = θ for each task,
///     θ'_i ← θ'_i − α ∇_{θ'_i} L_i(θ'_i)      `steps` times,
/// with L_i the mean pinball loss on task i's support (Finn, Abbeel & Levine 2017). `from` is [T,
/// …] and stays as it is; the result has no gradient history. Gradients of one task never reach
/// another.
net::Weights adapted(const net::Weights& from, const net::Batch& support, const InnerLoop& loop);

/// ∇ Σ_i L_i with respect to `weights` (which ask for gradients), and the losses L_i, [T].
struct Gradient {
  std::vector<at::Tensor> by_weight;
  at::Tensor losses;
};
Gradient pinball_gradient(const net::Weights& weights, const net::Batch& batch);

}  // namespace starling::meta
