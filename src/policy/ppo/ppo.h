// Proximal policy optimisation: one update of the network from one rollout.
#pragma once

#include "forecast/net/adamw.h"
#include "policy/ppo/actor_critic.h"

namespace starling::ppo {

struct PpoOptions {
  double clip_range = 0.2;         // ε of equation (7)
  double value_coefficient = 0.5;  // 2·c1 of equation (9): Huber's loss begins as half a square
  double target_kl = 0.03;         // nats: an update's epochs end beyond this approximate KL
  int epochs = 4;                  // passes over the rollout
  int minibatches = 4;             // of an epoch
  bool freeze_actor = false;       // the critics alone learn
};

/// Consecutive steps of num_envs environments, or of some of them; tensors are
/// steps × num_envs × … unless they say otherwise.
struct Rollout {
  at::Tensor observations;   // … × features
  at::Tensor actions;        // … × actions, before tanh
  at::Tensor not_done;       // … × 1: 0 where an episode has just begun
  at::Tensor log_probs;      // steps × num_envs: of the actions when they were taken
  at::Tensor advantages;     // steps × num_envs: of the Lagrangian, mean 0 and deviation 1
  at::Tensor returns;        // … × 2: the targets of the two critics
  at::Tensor initial_state;  // num_envs × hidden: the recurrent state before the first step
};

/// Of one update. The two losses and the clip fraction are means over its minibatches.
struct PpoDiagnostics {
  double policy_loss = 0;     // −L^CLIP, equation (7)
  double value_loss = 0;      // Huber, of both critics
  double entropy = 0;         // of the policy, in nats
  double approximate_kl = 0;  // KL(π_old ‖ π), in nats, on the last minibatch
  double clip_fraction = 0;   // share of the steps whose ratio left the clip range
  /// 1 − Var(returns − values) / Var(returns) of both critics together, before the update, on the
  /// first minibatch: 1 is a perfect critic, 0 one that knows the mean alone.
  double explained_variance = 0;
  int epochs = 0;  // that began before target_kl ended them
};

/// Schulman et al., "Proximal Policy Optimization Algorithms" (2017). Maximises equation (9):
///   E[ min(ρ_t·Â_t, clip(ρ_t, 1 − ε, 1 + ε)·Â_t) − c1·(V(s_t) − R_t)² ]
///   ρ_t = π(a_t|s_t) / π_old(a_t|s_t)
/// by backpropagation through time over the whole rollout; large errors of V count linearly
/// (Huber). The entropy bonus has no part: the standard deviation is the caller's to set. A
/// minibatch is all steps of a random subset of the environments, drawn by `seed`.
/// `learning_rate_scale` multiplies the optimiser's own rate.
PpoDiagnostics ppo_update(ActorCritic& network, net::AdamW& optimiser, const Rollout& rollout,
                          const PpoOptions& options, double learning_rate_scale,
                          std::uint64_t seed);

}  // namespace starling::ppo
