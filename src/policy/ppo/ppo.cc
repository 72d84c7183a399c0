// Implements policy/ppo/ppo.h. Equation numbers are those of Schulman et al. (2017).
#include "policy/ppo/ppo.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

namespace starling::ppo {
namespace {

/// In the unit of returns, which sum rewards of about 1 a step. Errors of V beyond it count
/// linearly: a burst that nobody could serve must not drown the rest.
constexpr double kHuberDelta = 10;
/// Keeps the explained variance finite where all returns are equal.
constexpr double kReturnVarianceMin = 1e-8;

/// All steps of these environments, so that their recurrent states can be followed.
Rollout minibatch_of(const Rollout& rollout, const at::Tensor& env_indices) {
  const auto pick = [&](const at::Tensor& all) { return all.index_select(1, env_indices); };
  return {.observations = pick(rollout.observations),
          .actions = pick(rollout.actions),
          .not_done = pick(rollout.not_done),
          .log_probs = pick(rollout.log_probs),
          .advantages = pick(rollout.advantages),
          .returns = pick(rollout.returns),
          .initial_state = rollout.initial_state.index_select(0, env_indices)};
}

struct Evaluation {
  at::Tensor log_probs;  // steps × num_envs, of the batch's actions
  at::Tensor values;     // steps × num_envs × 2
};

/// The batch under the network's present weights, step after step from its initial state.
Evaluation evaluate(const ActorCritic& network, const Rollout& batch) {
  std::vector<at::Tensor> action_means, step_values;
  at::Tensor state = batch.initial_state;
  for (std::int64_t step = 0; step < batch.observations.size(0); ++step) {
    const ActorCriticOutput output =
        network.forward(batch.observations[step], state, batch.not_done[step]);
    action_means.push_back(output.action_mean);
    step_values.push_back(output.values);
    state = output.state;
  }
  const at::Tensor means = at::stack(action_means);
  const at::Tensor values = at::stack(step_values);
  return {network.log_prob(means, batch.actions), values};
}

/// −L^CLIP, equation (7). The minimum is a pessimistic bound: no step gains by moving its ratio
/// further out of the clip range.
at::Tensor clipped_surrogate_loss(const at::Tensor& ratio, const at::Tensor& advantages,
                                  double clip_range) {
  const at::Tensor surrogate =
      at::minimum(ratio * advantages, ratio.clamp(1 - clip_range, 1 + clip_range) * advantages);
  return -surrogate.mean();
}

/// The estimator k3 of KL(π_old ‖ π), E[(ρ − 1) − ln ρ] (Schulman, "Approximating KL Divergence",
/// 2020): unbiased, never negative and of less variance than E[−ln ρ].
double approximate_kl(const at::Tensor& ratio, const at::Tensor& log_ratio) {
  return ((ratio - 1) - log_ratio).mean().item<double>();
}

double clip_fraction(const at::Tensor& ratio, double clip_range) {
  return ((ratio - 1).abs() > clip_range).to(at::kFloat).mean().item<double>();
}

double explained_variance(const at::Tensor& values, const at::Tensor& returns) {
  const at::Tensor unexplained = (values - returns).var();
  return 1 - (unexplained / returns.var().clamp_min(kReturnVarianceMin)).item<double>();
}

/// Of one minibatch, before the optimiser's step: the first four as in PpoDiagnostics.
struct MinibatchStats {
  double policy_loss = 0;
  double value_loss = 0;
  double approximate_kl = 0;
  double clip_fraction = 0;
  at::Tensor values;  // steps × num_envs × 2, without gradients
};

/// One step of the optimiser on one minibatch, and what it was like before that step.
MinibatchStats minibatch_step(ActorCritic& network, net::AdamW& optimiser, const Rollout& batch,
                              const PpoOptions& options, double learning_rate_scale) {
  const Evaluation now = evaluate(network, batch);
  const at::Tensor log_ratio = now.log_probs - batch.log_probs;
  const at::Tensor ratio = log_ratio.exp();
  const at::Tensor policy_loss =
      clipped_surrogate_loss(ratio, batch.advantages, options.clip_range);
  const at::Tensor value_loss =
      at::huber_loss(now.values, batch.returns, at::Reduction::Mean, kHuberDelta);
  // Equation (9) with the sign turned, without the entropy bonus.
  const at::Tensor loss = policy_loss + options.value_coefficient * value_loss;
  auto gradients = torch::autograd::grad({loss}, network.weights());
  if (options.freeze_actor) {
    for (std::size_t i = 0; i < ActorCritic::kActorWeights; ++i) {
      gradients[i] = at::zeros_like(gradients[i]);
    }
  }
  optimiser.step(network.weights(), gradients, learning_rate_scale);

  const at::NoGradGuard no_gradients;
  return {.policy_loss = policy_loss.item<double>(),
          .value_loss = value_loss.item<double>(),
          .approximate_kl = approximate_kl(ratio, log_ratio),
          .clip_fraction = clip_fraction(ratio, options.clip_range),
          .values = now.values.detach()};
}

}  // namespace

PpoDiagnostics ppo_update(ActorCritic& network, net::AdamW& optimiser, const Rollout& rollout,
                          const PpoOptions& options, double learning_rate_scale,
                          std::uint64_t seed) {
  PpoDiagnostics diagnostics;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const std::int64_t num_envs = rollout.observations.size(1);
  int steps = 0;
  bool early_stop = false;
  for (int epoch = 0; epoch < options.epochs && !early_stop; ++epoch) {
    ++diagnostics.epochs;
    const at::Tensor permutation = at::randperm(num_envs, generator, at::kLong);
    for (const at::Tensor& env_indices : permutation.chunk(options.minibatches)) {
      const Rollout batch = minibatch_of(rollout, env_indices);
      const MinibatchStats step =
          minibatch_step(network, optimiser, batch, options, learning_rate_scale);
      if (steps++ == 0)
        diagnostics.explained_variance = explained_variance(step.values, batch.returns);
      diagnostics.policy_loss += step.policy_loss;
      diagnostics.value_loss += step.value_loss;
      diagnostics.clip_fraction += step.clip_fraction;
      diagnostics.approximate_kl = step.approximate_kl;
      early_stop = step.approximate_kl > options.target_kl;
      if (early_stop) break;
    }
  }
  for (double* sum :
       {&diagnostics.policy_loss, &diagnostics.value_loss, &diagnostics.clip_fraction}) {
    *sum /= std::max(1, steps);
  }
  diagnostics.entropy = network.entropy();
  return diagnostics;
}

}  // namespace starling::ppo
