// Implements policy/ppo/ppo.h.
#include "policy/ppo/ppo.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/autograd/autograd.h>

#include <utility>

namespace starling::ppo {
namespace {

struct Replayed {
  at::Tensor mean;    // steps × copies × actions
  at::Tensor values;  // steps × copies × 2
};

/// The network's judgement of every step of some copies, as it is now.
Replayed replay(const ActorCritic& network, const at::Tensor& observations,
                const at::Tensor& going_on, const at::Tensor& first_state) {
  std::vector<at::Tensor> means, values;
  at::Tensor state = first_state;
  for (std::int64_t step = 0; step < observations.size(0); ++step) {
    Judgement judgement = network.judge(observations[step], state, going_on[step]);
    means.push_back(judgement.mean);
    values.push_back(judgement.values);
    state = judgement.state;
  }
  return {at::stack(means), at::stack(values)};
}

}  // namespace

PpoDiagnostics ppo_update(ActorCritic& network, net::AdamW& optimiser, const Rollout& rollout,
                          const PpoOptions& options, double rate, std::uint64_t seed) {
  PpoDiagnostics diagnostics;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const std::int64_t copies = rollout.observations.size(1);
  int batches = 0;
  bool diverged = false;
  for (int epoch = 0; epoch < options.epochs && !diverged; ++epoch) {
    const at::Tensor order = at::randperm(copies, generator, at::kLong);
    ++diagnostics.epochs;
    for (const at::Tensor& chosen : order.chunk(options.minibatches)) {
      const auto pick = [&](const at::Tensor& all) { return all.index_select(1, chosen); };
      const Replayed now = replay(network, pick(rollout.observations), pick(rollout.going_on),
                                  rollout.first_state.index_select(0, chosen));
      const at::Tensor log_ratio =
          network.log_density(now.mean, pick(rollout.actions)) - pick(rollout.log_densities);
      const at::Tensor ratio = log_ratio.exp();
      const at::Tensor advantages = pick(rollout.advantages);
      const at::Tensor surrogate = at::minimum(
          ratio * advantages, ratio.clamp(1 - options.clip, 1 + options.clip) * advantages);
      const at::Tensor policy_loss = -surrogate.mean();
      const at::Tensor value_error = now.values - pick(rollout.returns);
      // Beyond the knee linear: a burst that nobody could serve must not drown the rest.
      const at::Tensor value_loss = at::huber_loss(now.values, pick(rollout.returns), 1, 10.0);
      const at::Tensor loss = policy_loss + options.value_weight * value_loss;
      auto gradients = torch::autograd::grad({loss}, network.weights(), {}, false, false, false);
      for (std::size_t i = 0; options.critics_alone && i < ActorCritic::kActing; ++i) {
        gradients[i] = at::zeros_like(gradients[i]);
      }
      optimiser.step(network.weights(), gradients, rate);

      const at::NoGradGuard no_gradients;
      const double kl = ((ratio - 1) - log_ratio).mean().item<double>();
      if (batches == 0) {
        diagnostics.explained_variance =
            1 - (value_error.var() / pick(rollout.returns).var().clamp_min(1e-8)).item<double>();
      }
      diagnostics.policy_loss += policy_loss.item<double>();
      diagnostics.value_loss += value_loss.item<double>();
      diagnostics.clip_fraction +=
          ((ratio - 1).abs() > options.clip).to(at::kFloat).mean().item<double>();
      diagnostics.approximate_kl = kl;
      ++batches;
      if (kl > options.kl_max) {
        diverged = true;
        break;
      }
    }
  }
  diagnostics.entropy = network.entropy();
  for (double* sum :
       {&diagnostics.policy_loss, &diagnostics.value_loss, &diagnostics.clip_fraction}) {
    *sum /= std::max(1, batches);
  }
  return diagnostics;
}

}  // namespace starling::ppo
