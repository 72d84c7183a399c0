// Implements policy/ppo/training.h.
#include "policy/ppo/training.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "base/rng.h"
#include "policy/ppo/checkpoint.h"

namespace starling::ppo {
namespace {

constexpr float kMissedMax = 200;  // of one step: a burst counts, but not for everything
constexpr double kAdvantageStdEpsilon = 1e-8;  // for a rollout whose advantages are all alike
constexpr double kMaxGradNorm = 0.5;           // as in the reference implementations of PPO
constexpr double kLearningRateFloor = 0.1;     // of the first: the last updates still learn

/// A copy of these numbers, row-major.
at::Tensor tensor_of(const std::vector<float>& values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat).clone();
}

/// What the environments returned in a rollout: an element a step of an environment, as the rows of
/// steps × num_envs.
struct Transitions {
  std::vector<float> objective;    // rewards: −cost − churn_weight · churn
  std::vector<float> constraint;   // rewards: −missed
  std::vector<float> missed;       // at most kMissedMax
  std::vector<float> multipliers;  // λ of the step's workload
  std::vector<std::uint8_t> done;
  std::vector<std::int32_t> workloads;
  double cost_sum = 0, missed_sum = 0, churn_sum = 0;

  void append(const EnvStep& step, double churn_weight, const LagrangeMultipliers& lambda) {
    for (std::size_t env = 0; env < step.cost.size(); ++env) {
      cost_sum += step.cost[env];
      missed_sum += step.missed[env];
      churn_sum += step.churn[env];
      objective.push_back(static_cast<float>(-step.cost[env] - churn_weight * step.churn[env]));
      missed.push_back(std::min(step.missed[env], kMissedMax));
      constraint.push_back(-missed.back());
      multipliers.push_back(static_cast<float>(lambda.at(step.workload[env])));
      done.push_back(step.done[env]);
      workloads.push_back(step.workload[env]);
    }
  }
};

/// Plays the environments with the network and keeps what PPO learns from.
class RolloutCollector {
 public:
  RolloutCollector(Env& env, const ActorCritic& network, const TrainingOptions& options)
      : env_(env), network_(network), options_(options) {}

  /// Begins new episodes, and the exploration noise, from this seed.
  void reset(std::uint64_t seed) {
    env_.reset(seed, step_);
    state_ = network_.initial_state(env_.size());
    not_done_ = at::ones({env_.size(), 1});
    generator_ = at::make_generator<at::CPUGeneratorImpl>(seed);
  }

  /// The next rollout, its advantages by the multipliers as they were before it; these then learn
  /// from it. Puts the means of a step into `progress`.
  Rollout collect(LagrangeMultipliers& multipliers, TrainingProgress& progress);

 private:
  /// Of one critic, steps × num_envs each.
  struct Targets {
    at::Tensor advantages, returns;
  };

  at::Tensor observation() const {
    return tensor_of(step_.observations, {env_.size(), env_.observation_size()});
  }
  at::Tensor sample_actions(const at::Tensor& mean) {
    const at::Tensor noise = at::empty_like(mean).normal_(0, 1, generator_);
    return mean + network_.action_std() * noise;
  }
  void step_environments(const at::Tensor& actions);
  Targets targets_of(const std::vector<float>& rewards, const std::vector<std::uint8_t>& done,
                     const at::Tensor& values) const;
  void estimate_advantages(const Transitions& transitions, const at::Tensor& values,
                           Rollout& rollout) const;

  Env& env_;
  const ActorCritic& network_;
  const TrainingOptions& options_;
  EnvStep step_;  // the last one
  at::Tensor state_, not_done_;
  at::Generator generator_;
};

Rollout RolloutCollector::collect(LagrangeMultipliers& multipliers, TrainingProgress& progress) {
  const at::NoGradGuard no_gradients;
  Rollout rollout;
  rollout.initial_state = state_.clone();
  std::vector<at::Tensor> observations, actions, not_done, log_probs, values;
  Transitions transitions;
  for (int t = 0; t < options_.rollout_steps; ++t) {
    observations.push_back(observation());
    not_done.push_back(not_done_.clone());
    const ActorCriticOutput output = network_.forward(observations.back(), state_, not_done_);
    state_ = output.state;
    actions.push_back(sample_actions(output.action_mean));
    log_probs.push_back(network_.log_prob(output.action_mean, actions.back()));
    values.push_back(output.values);
    step_environments(actions.back());
    transitions.append(step_, options_.churn_weight, multipliers);
  }
  // The last row bootstraps the returns.
  values.push_back(network_.forward(observation(), state_, not_done_).values);
  rollout.observations = at::stack(observations);
  rollout.actions = at::stack(actions);
  rollout.not_done = at::stack(not_done);
  rollout.log_probs = at::stack(log_probs);
  estimate_advantages(transitions, at::stack(values), rollout);
  multipliers.observe(transitions.workloads, transitions.missed);
  const double steps = static_cast<double>(options_.rollout_steps) * env_.size();
  progress.cost = transitions.cost_sum / steps;
  progress.missed = transitions.missed_sum / steps;
  progress.churn = transitions.churn_sum / steps;
  return rollout;
}

void RolloutCollector::step_environments(const at::Tensor& actions) {
  const at::Tensor bounded = at::tanh(actions).contiguous();
  env_.step({bounded.data_ptr<float>(), static_cast<std::size_t>(bounded.numel())}, step_);
  for (int env = 0; env < env_.size(); ++env) {
    not_done_[env][0] = step_.done[static_cast<std::size_t>(env)] != 0 ? 0.0F : 1.0F;
  }
}

/// `values`: (steps + 1) × num_envs, contiguous, of which the last row bootstraps.
RolloutCollector::Targets RolloutCollector::targets_of(const std::vector<float>& rewards,
                                                       const std::vector<std::uint8_t>& done,
                                                       const at::Tensor& values) const {
  const std::array<std::int64_t, 2> shape{options_.rollout_steps, env_.size()};
  const auto num_envs = static_cast<std::size_t>(env_.size());
  const float* data = values.data_ptr<float>();
  const Advantages gae = generalised_advantages(rewards, {data, rewards.size()}, done,
                                                {data + rewards.size(), num_envs}, options_.gae);
  return {tensor_of(gae.advantages, shape), tensor_of(gae.returns, shape)};
}

/// The advantages of the Lagrangian over 1 + λ, normalised over the rollout, and each critic's
/// returns. `values`: (steps + 1) × num_envs × 2.
void RolloutCollector::estimate_advantages(const Transitions& transitions, const at::Tensor& values,
                                           Rollout& rollout) const {
  const Targets objective =
      targets_of(transitions.objective, transitions.done, values.select(2, 0).contiguous());
  const Targets constraint =
      targets_of(transitions.constraint, transitions.done, values.select(2, 1).contiguous());
  const at::Tensor lambda =
      tensor_of(transitions.multipliers, {options_.rollout_steps, env_.size()});
  const at::Tensor advantages =
      objective.advantages / (1 + lambda) + lambda * constraint.advantages / (1 + lambda);
  rollout.returns = at::stack({objective.returns, constraint.returns}, 2);
  rollout.advantages = (advantages - advantages.mean()) / (advantages.std() + kAdvantageStdEpsilon);
}

net::AdamW optimiser_of(ActorCritic& network) {
  return {network.weights(), {.decay = 0, .norm_max = kMaxGradNorm}};
}

Result<std::unique_ptr<ActorCritic>> initial_network(const TrainingOptions& options) {
  auto network = std::make_unique<ActorCritic>(options.hidden, options.recurrent, options.seed);
  if (!options.initial_actor) return network;
  const PolicyNet& actor = *options.initial_actor;
  if (actor.hidden != options.hidden || actor.recurrent != options.recurrent) {
    return fail(ErrorCode::kInvalid,
                "weights to start from of {} hidden units, {}; the training is of {}, {}",
                actor.hidden, actor.recurrent ? "recurrent" : "memoryless", options.hidden,
                options.recurrent ? "recurrent" : "memoryless");
  }
  network->load_actor(actor);
  return network;
}

/// Geometric between the two ends; `remaining` is the share of the updates that is left.
double action_std_at(const TrainingOptions& options, double remaining) {
  return options.action_std_final *
         std::pow(options.action_std_initial / options.action_std_final, remaining);
}

/// Of the optimiser's own rate.
double learning_rate_scale_at(const TrainingOptions& options, double remaining) {
  return options.learning_rate / net::AdamWOptions{}.rate * std::max(kLearningRateFloor, remaining);
}

/// The next update: a rollout, and what network and multipliers learn from it.
TrainingProgress run_update(ActorCritic& network, net::AdamW& optimiser,
                            RolloutCollector& collector, TrainingState& state,
                            const TrainingOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  Rng rng = Rng(options.seed).split(static_cast<std::uint64_t>(state.update));
  const std::uint64_t seed = rng();
  if (state.update % options.checkpoint_every == 0) collector.reset(seed);
  const double remaining = 1 - static_cast<double>(state.update) / options.updates;
  network.set_action_std(action_std_at(options, remaining));
  TrainingProgress progress;
  const Rollout rollout = collector.collect(state.multipliers, progress);
  PpoOptions ppo = options.ppo;
  ppo.freeze_actor = state.update < options.critic_warmup_updates;
  // The actor begins with moments of its own, not with those of steps that left it alone.
  if (state.update == options.critic_warmup_updates && state.update > 0)
    optimiser = optimiser_of(network);
  progress.ppo = ppo_update(network, optimiser, rollout, ppo,
                            learning_rate_scale_at(options, remaining), seed);
  ++state.update;
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  progress.update = state.update;
  progress.updates = options.updates;
  progress.multiplier = state.multipliers.geometric_mean();
  progress.steps_per_second = static_cast<double>(rollout.advantages.numel()) / taken.count();
  return progress;
}

}  // namespace

Result<std::unique_ptr<ActorCritic>> train(
    Env& env, const TrainingOptions& options, const std::string& checkpoint,
    const std::function<bool(const TrainingProgress&)>& progress) {
  auto network = initial_network(options);
  if (!network) return network;
  ActorCritic& actor_critic = **network;
  net::AdamW optimiser = optimiser_of(actor_critic);
  TrainingState state{0, LagrangeMultipliers(env.workloads(), options.multipliers)};
  if (!checkpoint.empty() && std::filesystem::exists(checkpoint)) {
    const auto read = read_checkpoint(checkpoint, options, state, actor_critic, optimiser);
    if (!read) return fail(read.error());
  }
  RolloutCollector collector(env, actor_critic, options);
  while (state.update < options.updates) {
    const TrainingProgress now = run_update(actor_critic, optimiser, collector, state, options);
    if (progress && !progress(now)) break;
    if (checkpoint.empty() || state.update % options.checkpoint_every != 0) continue;
    const auto written = write_checkpoint(checkpoint, options, state, actor_critic, optimiser);
    if (!written) return fail(written.error());
  }
  return network;
}

}  // namespace starling::ppo
