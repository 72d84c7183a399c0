// Proximal policy optimisation: one update of the network from one batch of steps.
#pragma once

#include "forecast/net/adamw.h"
#include "policy/ppo/actor_critic.h"

namespace starling::ppo {

struct PpoOptions {
  double clip = 0.2;          // ε
  double value_weight = 0.5;  // 2·c1
  double kl_max = 0.03;       // an update's epochs end beyond this approximate divergence
  int epochs = 4;
  int minibatches = 4;
  bool critics_alone = false;  // the acting part stays as it is
};

/// `steps` consecutive steps of every copy; tensors are steps × copies × ….
struct Rollout {
  at::Tensor observations, actions;  // actions before tanh
  at::Tensor going_on;               // steps × copies × 1: 0 where an episode has just begun
  at::Tensor log_densities;          // of the actions when they were taken
  at::Tensor advantages;             // of objective and constraint together, normalised
  at::Tensor returns;                // steps × copies × 2
  at::Tensor first_state;            // copies × hidden
};

struct PpoDiagnostics {
  double policy_loss = 0;
  double value_loss = 0;
  double entropy = 0;
  double approximate_kl = 0;  // E[(ρ − 1) − log ρ] (Schulman 2020)
  double clip_fraction = 0;   // of the steps' ratios
  /// 1 − Var(returns − values) / Var(returns) of both critics together, before the update, on the
  /// first minibatch.
  double explained_variance = 0;
  int epochs = 0;  // that ran before kl_max
};

/// Schulman et al., "Proximal Policy Optimization Algorithms" (2017). Maximises equation (9):
///   E[ min(ρ_t·Â_t, clip(ρ_t, 1 − ε, 1 + ε)·Â_t) − c1·(V(s_t) − R_t)² ]     ρ_t as in (6)
/// through the recurrent state of the whole rollout; errors of V beyond 10 count linearly (Huber).
/// Its entropy bonus has no part: the spread is the caller's to set. Minibatches are subsets of
/// copies.
PpoDiagnostics ppo_update(ActorCritic& network, net::AdamW& optimiser, const Rollout& rollout,
                          const PpoOptions& options, double rate, std::uint64_t seed);

}  // namespace starling::ppo
