// The network in training: the actor of policy/learned/policy_net.h and two critics.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "policy/learned/policy_net.h"

namespace starling::ppo {

/// One step of the network in num_envs environments, a row each.
struct ActorCriticOutput {
  at::Tensor action_mean;  // num_envs × actions, of the Gaussian before tanh
  at::Tensor values;       // num_envs × 2: V of the objective, and of the constraint
  at::Tensor state;        // num_envs × hidden: the recurrent state for the next step
};

/// A tensor's numbers, row-major.
std::vector<float> floats(const at::Tensor& tensor);

/// A Gaussian policy and two value functions on one recurrent body. The policy's mean is learned;
/// its standard deviation is one number for all actions, which the training sets.
class ActorCritic {
 public:
  /// Weights drawn by `seed`, with `hidden` recurrent units. Mean actions and values begin at zero.
  /// Not `recurrent`: the state is zero at every step.
  ActorCritic(std::int64_t hidden, bool recurrent, std::uint64_t seed);

  /// One step. `observations`: num_envs × features; `state`: num_envs × hidden, as of the step
  /// before; `not_done`: num_envs × 1, 0 where an episode has just begun and so forgets `state`.
  ActorCriticOutput forward(const at::Tensor& observations, const at::Tensor& state,
                            const at::Tensor& not_done) const;
  /// ln π(a|s) of actions before tanh, in nats. `mean` and `actions` are … × actions; the result
  /// has a number a row.
  at::Tensor log_prob(const at::Tensor& mean, const at::Tensor& actions) const;
  /// Differential entropy of the Gaussian over all actions, in nats; the same in every state.
  double entropy() const;
  /// Standard deviation of each action before tanh: how far a training explores.
  double action_std() const { return action_std_; }
  void set_action_std(double action_std) { action_std_ = action_std; }
  /// Zeros, num_envs × hidden.
  at::Tensor initial_state(std::int64_t num_envs) const { return at::zeros({num_envs, hidden_}); }

  /// All weights, the actor's first, then the critics'; they ask for gradients.
  std::vector<at::Tensor>& weights() { return weights_; }
  const std::vector<at::Tensor>& weights() const { return weights_; }
  /// A copy of the actor, with its version from the weights.
  PolicyNet actor() const;
  /// Copies these weights, whose sizes must be this network's, into the actor; the critics stay.
  void load_actor(const PolicyNet& net);
  /// How many of weights(), the first ones, are the actor's.
  static constexpr std::size_t kActorWeights = 8;

 private:
  enum Index : std::size_t {
    kInputWeight,
    kInputBias,
    kGatesInput,
    kGatesState,
    kGatesInputBias,
    kGatesStateBias,
    kActionWeight,
    kActionBias,
    kCriticWeight,
    kCriticBias,
    kValueWeight,
    kValueBias,
    kCount
  };

  std::int64_t hidden_;
  bool recurrent_;
  double action_std_ = 0.5;
  std::vector<at::Tensor> weights_;
};

}  // namespace starling::ppo
