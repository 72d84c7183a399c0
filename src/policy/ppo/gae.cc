// Implements policy/ppo/gae.h.
#include "policy/ppo/gae.h"

#include <cassert>

namespace starling::ppo {

Advantages generalised_advantages(std::span<const float> rewards, std::span<const float> values,
                                  std::span<const std::uint8_t> done,
                                  std::span<const float> last_values, const GaeOptions& options) {
  assert(rewards.size() == values.size() && rewards.size() == done.size());
  const std::size_t copies = last_values.size();
  const auto discount = static_cast<float>(options.discount);
  const auto fading = static_cast<float>(options.discount * options.trace);
  Advantages result;
  result.advantages.resize(rewards.size());
  result.returns.resize(rewards.size());
  std::vector<float> advantage(copies, 0);
  std::vector<float> next(last_values.begin(), last_values.end());
  for (std::size_t row = rewards.size(); row > 0; row -= copies) {
    for (std::size_t copy = 0; copy < copies; ++copy) {
      const std::size_t i = row - copies + copy;
      const float goes_on = done[i] != 0 ? 0 : 1;
      const float after = done[i] != 0 ? values[i] : next[copy];
      const float surprise = rewards[i] + discount * after - values[i];
      advantage[copy] = surprise + fading * goes_on * advantage[copy];
      result.advantages[i] = advantage[copy];
      result.returns[i] = advantage[copy] + values[i];
      next[copy] = values[i];
    }
  }
  return result;
}

}  // namespace starling::ppo
