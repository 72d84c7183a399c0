// Implements policy/ppo/gae.h.
#include "policy/ppo/gae.h"

#include <cassert>

namespace starling::ppo {

Advantages generalised_advantages(std::span<const float> rewards, std::span<const float> values,
                                  std::span<const std::uint8_t> done,
                                  std::span<const float> bootstrap_values,
                                  const GaeOptions& options) {
  assert(rewards.size() == values.size() && rewards.size() == done.size());
  const std::size_t num_envs = bootstrap_values.size();
  const auto gamma = static_cast<float>(options.gamma);
  const auto gamma_lambda = static_cast<float>(options.gamma * options.lambda);
  Advantages result;
  result.advantages.resize(rewards.size());
  result.returns.resize(rewards.size());
  std::vector<float> advantage(num_envs, 0);  // Â_{t+1}, then Â_t
  std::vector<float> next_values(bootstrap_values.begin(), bootstrap_values.end());
  for (std::size_t row = rewards.size(); row > 0; row -= num_envs) {
    for (std::size_t env = 0; env < num_envs; ++env) {
      const std::size_t i = row - num_envs + env;
      const float not_done = done[i] != 0 ? 0 : 1;
      const float next_value = done[i] != 0 ? values[i] : next_values[env];
      const float delta = rewards[i] + gamma * next_value - values[i];
      advantage[env] = delta + gamma_lambda * not_done * advantage[env];
      result.advantages[i] = advantage[env];
      result.returns[i] = advantage[env] + values[i];
      next_values[env] = values[i];
    }
  }
  return result;
}

}  // namespace starling::ppo
