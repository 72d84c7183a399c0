// Implements policy/ppo/actor_critic.h.
#include "policy/ppo/actor_critic.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/autograd/variable.h>

#include <cmath>
#include <numbers>

#include "forecast/net/sha256.h"
#include "policy/learned/policy_net_parts.h"

namespace starling::ppo {
namespace {

constexpr std::int64_t kFeatures = kPolicyFeatures;
constexpr std::int64_t kActions = kPolicyActions;
constexpr std::int64_t kCriticHidden = 64;  // units of the layer that both critics share
constexpr std::int64_t kCritics = 2;        // of the objective and of the constraint

}  // namespace

std::vector<float> floats(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().contiguous();
  return {plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel()};
}

ActorCritic::ActorCritic(std::int64_t hidden, bool recurrent, std::uint64_t seed)
    : hidden_(hidden), recurrent_(recurrent), weights_(kCount) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const auto uniform = [&](at::IntArrayRef shape, std::int64_t inputs) {
    const double bound = 1 / std::sqrt(static_cast<double>(inputs));
    return at::empty(shape).uniform_(-bound, bound, generator);
  };
  weights_[kInputWeight] = uniform({hidden, kFeatures}, kFeatures);
  weights_[kInputBias] = at::zeros({hidden});
  weights_[kGatesInput] = uniform({3 * hidden, hidden}, hidden);
  weights_[kGatesState] = uniform({3 * hidden, hidden}, hidden);
  weights_[kGatesInputBias] = at::zeros({3 * hidden});
  weights_[kGatesStateBias] = at::zeros({3 * hidden});
  // Zero actions correct nothing: training begins at the queueing decision itself.
  weights_[kActionWeight] = at::zeros({kActions, hidden});
  weights_[kActionBias] = at::zeros({kActions});
  weights_[kCriticWeight] = uniform({kCriticHidden, hidden + kFeatures}, hidden + kFeatures);
  weights_[kCriticBias] = at::zeros({kCriticHidden});
  weights_[kValueWeight] = at::zeros({kCritics, kCriticHidden});
  weights_[kValueBias] = at::zeros({kCritics});
  for (at::Tensor& weight : weights_) weight.set_requires_grad(true);
}

ActorCriticOutput ActorCritic::forward(const at::Tensor& observations, const at::Tensor& state,
                                       const at::Tensor& not_done) const {
  const at::Tensor embedding =
      at::tanh(at::linear(observations, weights_[kInputWeight], weights_[kInputBias]));
  const at::Tensor previous = recurrent_ ? state * not_done : at::zeros_like(state);
  ActorCriticOutput output;
  output.state = at::gru_cell(embedding, previous, weights_[kGatesInput], weights_[kGatesState],
                              weights_[kGatesInputBias], weights_[kGatesStateBias]);
  output.action_mean = at::linear(output.state, weights_[kActionWeight], weights_[kActionBias]);
  const at::Tensor critic = at::tanh(at::linear(at::cat({output.state, observations}, 1),
                                                weights_[kCriticWeight], weights_[kCriticBias]));
  output.values = at::linear(critic, weights_[kValueWeight], weights_[kValueBias]);
  return output;
}

at::Tensor ActorCritic::log_prob(const at::Tensor& mean, const at::Tensor& actions) const {
  const at::Tensor z = (actions - mean) / action_std_;
  const double log_normaliser = std::log(action_std_) + 0.5 * std::log(2 * std::numbers::pi);
  return (-0.5 * z * z - log_normaliser).sum(-1);
}

double ActorCritic::entropy() const {
  return static_cast<double>(kActions) *
         (std::log(action_std_) + 0.5 * std::log(2 * std::numbers::pi * std::numbers::e));
}

void ActorCritic::load_actor(const PolicyNet& net) {
  static_assert(kActorWeights == kCriticWeight && kActorWeights == kPolicyNetParts.size());
  const at::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < kActorWeights; ++i) {
    auto* values = const_cast<float*>((net.*kPolicyNetParts[i]).data());
    weights_[i].copy_(at::from_blob(values, weights_[i].sizes(), at::kFloat));
  }
}

PolicyNet ActorCritic::actor() const {
  PolicyNet net;
  net.hidden = static_cast<int>(hidden_);
  net.recurrent = recurrent_;
  for (std::size_t i = 0; i < kActorWeights; ++i) net.*kPolicyNetParts[i] = floats(weights_[i]);
  net.version = sha256(policy_net_json(net)).substr(0, 8);
  return net;
}

}  // namespace starling::ppo
