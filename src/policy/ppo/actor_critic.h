// The network in training: the acting part of policy/learned/policy_net.h and two critics.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "policy/learned/policy_net.h"

namespace starling::ppo {

/// What the network says of a step: rows are copies.
struct Judgement {
  at::Tensor mean;    // copies × actions, of the Gaussian before tanh
  at::Tensor values;  // copies × 2: the return of the objective, and of the constraint
  at::Tensor state;   // copies × hidden, for the next step
};

/// A tensor's numbers, row-major.
std::vector<float> floats(const at::Tensor& tensor);

class ActorCritic {
 public:
  ActorCritic(std::int64_t hidden, bool recurrent, std::uint64_t seed);

  /// `state` is multiplied by `going_on` (copies × 1) first: 0 where an episode has just begun.
  Judgement judge(const at::Tensor& observations, const at::Tensor& state,
                  const at::Tensor& going_on) const;
  /// log density of `actions` (before tanh) under a Gaussian of this mean, and its entropy.
  at::Tensor log_density(const at::Tensor& mean, const at::Tensor& actions) const;
  double entropy() const;
  /// The Gaussian's standard deviation, of every action: how far a training explores.
  double spread() const { return spread_; }
  void set_spread(double spread) { spread_ = spread; }
  at::Tensor first_state(std::int64_t copies) const { return at::zeros({copies, hidden_}); }

  std::vector<at::Tensor>& weights() { return weights_; }
  const std::vector<at::Tensor>& weights() const { return weights_; }
  /// The acting part, with its version from the weights.
  PolicyNet acting_part() const;
  /// Goes on from these weights, whose sizes are this network's; the critics stay.
  void act_as(const PolicyNet& net);
  /// How many of weights(), the first ones, are of the acting part.
  static constexpr std::size_t kActing = 8;

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
  double spread_ = 0.5;
  std::vector<at::Tensor> weights_;
};

}  // namespace starling::ppo
