// Training a policy: rollouts in an environment, Lagrange multipliers, updates, checkpoints.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "policy/env.h"
#include "policy/ppo/gae.h"
#include "policy/ppo/lagrange_multipliers.h"
#include "policy/ppo/ppo.h"

namespace starling::ppo {

struct TrainingOptions {
  int updates = 600;
  int rollout_steps = 32;    // of every environment before an update
  std::int64_t hidden = 32;  // recurrent units
  bool recurrent = true;
  double learning_rate = 1e-3;      // falls linearly to a tenth
  double churn_weight = 0.05;       // of the objective, against cost
  double action_std_initial = 0.5;  // of the actions before tanh, …
  double action_std_final = 0.1;    // … falling by the same factor each update
  int checkpoint_every = 25;        // updates
  std::uint64_t seed = 1;
  /// Weights to go on from; null: from the queueing decision itself.
  std::shared_ptr<const PolicyNet> initial_actor;
  /// First updates of the critics alone, which know nothing of `initial_actor` yet.
  int critic_warmup_updates = 0;
  /// What the environment was made with, in words: a checkpoint of another one is refused.
  std::string environment;
  LagrangeOptions multipliers;
  GaeOptions gae;
  PpoOptions ppo;
};

/// A line of the training curves, of one update.
struct TrainingProgress {
  int update = 0;  // from 1
  int updates = 0;
  double steps_per_second = 0;             // of the environments together, learning included
  double cost = 0, missed = 0, churn = 0;  // mean of a step, in the environment's units
  double multiplier = 0;                   // λ, geometric mean over the workloads
  PpoDiagnostics ppo;
};

/// Maximises −cost − churn subject to missed ≤ 1 on every workload, by the Lagrangian −cost − churn
/// − λ·missed with a λ for each workload (lagrange_multipliers.h), over 1 + λ so that those with a
/// high one do not outweigh all others. Objective and constraint have a critic each, so that λ may
/// move. The actions' standard deviation falls by a schedule: what λ is set by is at last what the
/// mean action does, which is what acts in the end.
///
/// At each checkpoint the environment begins anew from a seed of its own: a training that was
/// stopped and goes on ends with the same weights, to the byte, as one that was not. `checkpoint`:
/// a file that is read when it exists and replaced every checkpoint_every updates; empty for none.
/// `progress` returns whether to go on; what was learned until then is the result. Errors: a
/// checkpoint that can't be read or is of other options, weights to start from of another size.
Result<std::unique_ptr<ActorCritic>> train(
    Env& env, const TrainingOptions& options, const std::string& checkpoint,
    const std::function<bool(const TrainingProgress&)>& progress);

}  // namespace starling::ppo
