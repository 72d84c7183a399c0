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

constexpr double kMissedMax = 200;  // of one step: a burst counts, but not for everything

at::Tensor from(const std::vector<float>& values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat).clone();
}

/// Plays the environment with the network and keeps what PPO learns from.
class Collector {
 public:
  Collector(Env& env, const ActorCritic& network, const TrainingOptions& options)
      : env_(env), network_(network), options_(options) {}

  void begin(std::uint64_t seed) {
    env_.reset(seed, step_);
    state_ = network_.first_state(env_.size());
    going_on_ = at::ones({env_.size(), 1});
    generator_ = at::make_generator<at::CPUGeneratorImpl>(seed);
  }

  Rollout collect(ConstraintPrices& prices, TrainingProgress& progress);

 private:
  void advantages_into(Rollout& rollout, const std::vector<float>& objective,
                       const std::vector<float>& constraint, const std::vector<std::uint8_t>& done,
                       const at::Tensor& values, const at::Tensor& prices);
  at::Tensor observed() const {
    return from(step_.observations, {env_.size(), env_.observation_size()});
  }

  Env& env_;
  const ActorCritic& network_;
  const TrainingOptions& options_;
  EnvStep step_;
  at::Tensor state_, going_on_;
  at::Generator generator_;
};

Rollout Collector::collect(ConstraintPrices& prices, TrainingProgress& progress) {
  const at::NoGradGuard no_gradients;
  Rollout rollout;
  rollout.first_state = state_.clone();
  std::vector<at::Tensor> observations, actions, going_on, densities, values;
  std::vector<float> objective, constraint, missing, price;
  std::vector<std::uint8_t> done;
  std::vector<std::int32_t> workloads;
  double cost = 0, missed = 0, churn = 0;
  for (int t = 0; t < options_.steps; ++t) {
    observations.push_back(observed());
    going_on.push_back(going_on_.clone());
    const Judgement judgement = network_.judge(observations.back(), state_, going_on_);
    state_ = judgement.state;
    const at::Tensor noise = at::empty_like(judgement.mean).normal_(0, 1, generator_);
    actions.push_back(judgement.mean + network_.spread() * noise);
    densities.push_back(network_.log_density(judgement.mean, actions.back()));
    values.push_back(judgement.values);
    const at::Tensor bounded = at::tanh(actions.back()).contiguous();
    env_.step({bounded.data_ptr<float>(), static_cast<std::size_t>(bounded.numel())}, step_);
    for (int i = 0; i < env_.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      cost += step_.cost[at];
      missed += step_.missed[at];
      churn += step_.churn[at];
      objective.push_back(
          static_cast<float>(-step_.cost[at] - options_.churn_weight * step_.churn[at]));
      missing.push_back(std::min(step_.missed[at], static_cast<float>(kMissedMax)));
      constraint.push_back(-missing.back());
      workloads.push_back(step_.workload[at]);
      price.push_back(static_cast<float>(prices.at(step_.workload[at])));
      done.push_back(step_.done[at]);
      going_on_[i][0] = step_.done[at] != 0 ? 0.0F : 1.0F;
    }
  }
  values.push_back(network_.judge(observed(), state_, going_on_).values);
  rollout.observations = at::stack(observations);
  rollout.actions = at::stack(actions);
  rollout.going_on = at::stack(going_on);
  rollout.log_densities = at::stack(densities);
  advantages_into(rollout, objective, constraint, done, at::stack(values),
                  from(price, {options_.steps, env_.size()}));
  prices.observe(workloads, missing);
  const double steps = static_cast<double>(options_.steps) * env_.size();
  progress.cost = cost / steps;
  progress.missed = missed / steps;
  progress.churn = churn / steps;
  return rollout;
}

void Collector::advantages_into(Rollout& rollout, const std::vector<float>& objective,
                                const std::vector<float>& constraint,
                                const std::vector<std::uint8_t>& done, const at::Tensor& values,
                                const at::Tensor& prices) {
  const std::array<std::int64_t, 2> shape{options_.steps, env_.size()};
  std::vector<at::Tensor> returns;
  at::Tensor together = at::zeros(shape);
  for (const int which : {0, 1}) {
    const at::Tensor all = values.select(2, which).contiguous();
    const float* data = all.data_ptr<float>();
    const auto batch =
        static_cast<std::size_t>(options_.steps) * static_cast<std::size_t>(env_.size());
    const Advantages of =
        generalised_advantages(which == 0 ? objective : constraint, {data, batch}, done,
                               {data + batch, static_cast<std::size_t>(env_.size())}, options_.gae);
    const at::Tensor advantages = from(of.advantages, shape);
    together += (which == 0 ? advantages : prices * advantages) / (1 + prices);
    returns.push_back(from(of.returns, shape));
  }
  rollout.returns = at::stack(returns, 2);
  rollout.advantages = (together - together.mean()) / (together.std() + 1e-8);
}

net::AdamW optimiser_of(ActorCritic& network) {
  return {network.weights(), {.decay = 0, .norm_max = 0.5}};
}

}  // namespace

Result<std::unique_ptr<ActorCritic>> train(
    Env& env, const TrainingOptions& options, const std::string& checkpoint,
    const std::function<bool(const TrainingProgress&)>& progress) {
  auto network = std::make_unique<ActorCritic>(options.hidden, options.recurrent, options.seed);
  if (options.start) {
    if (options.start->hidden != options.hidden || options.start->recurrent != options.recurrent) {
      return fail(ErrorCode::kInvalid,
                  "weights to start from of {} hidden units, {}; the training is of {}, {}",
                  options.start->hidden, options.start->recurrent ? "recurrent" : "memoryless",
                  options.hidden, options.recurrent ? "recurrent" : "memoryless");
    }
    network->act_as(*options.start);
  }
  net::AdamW optimiser = optimiser_of(*network);
  TrainingState state{0, ConstraintPrices(env.workloads(), options.prices)};
  if (!checkpoint.empty() && std::filesystem::exists(checkpoint)) {
    const auto read = read_checkpoint(checkpoint, options, state, *network, optimiser);
    if (!read) return fail(read.error());
  }
  Collector collector(env, *network, options);
  const Rng seeds(options.seed);
  while (state.update < options.updates) {
    const auto begin = std::chrono::steady_clock::now();
    Rng here = seeds.split(static_cast<std::uint64_t>(state.update));
    const std::uint64_t seed = here();
    if (state.update % options.checkpoint_every == 0) collector.begin(seed);
    TrainingProgress now;
    const double left = 1 - static_cast<double>(state.update) / options.updates;
    network->set_spread(options.spread_last *
                        std::pow(options.spread_first / options.spread_last, left));
    const Rollout rollout = collector.collect(state.prices, now);
    PpoOptions ppo = options.ppo;
    ppo.critics_alone = state.update < options.critic_updates;
    // The acting part begins with moments of its own, not with those of steps that left it alone.
    if (state.update == options.critic_updates && state.update > 0)
      optimiser = optimiser_of(*network);
    now.ppo = ppo_update(*network, optimiser, rollout, ppo,
                         options.rate / net::AdamWOptions{}.rate * std::max(0.1, left), seed);
    ++state.update;
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    now.update = state.update;
    now.updates = options.updates;
    now.price = state.prices.mean();
    now.steps_per_second = static_cast<double>(options.steps) * env.size() / taken.count();
    if (progress && !progress(now)) break;
    if (checkpoint.empty() || state.update % options.checkpoint_every != 0) continue;
    if (auto written = write_checkpoint(checkpoint, options, state, *network, optimiser);
        !written) {
      return fail(written.error());
    }
  }
  return network;
}

}  // namespace starling::ppo
