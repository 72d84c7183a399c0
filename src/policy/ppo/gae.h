// Generalised advantage estimation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace starling::ppo {

struct GaeOptions {
  double discount = 0.98;  // γ
  double trace = 0.95;     // λ
};

struct Advantages {
  std::vector<float> advantages;  // Â_t
  std::vector<float> returns;     // Â_t + V(s_t): what the critic is to learn
};

/// Schulman et al., "High-Dimensional Continuous Control Using Generalized Advantage Estimation"
/// (2016), equations (12) and (16), backwards in time:
///   δ_t = r_t + γ·V(s_{t+1}) − V(s_t)
///   Â_t = δ_t + γ·λ·(1 − done_t)·Â_{t+1}
/// Scaling goes on for ever and episodes end by their time limit alone, so the last step of one is
/// no end (Pardo et al., "Time Limits in Reinforcement Learning", 2018). The state after it is that
/// of another episode; V(s_t) stands in for its value.
/// All spans are steps × copies, row-major; `last_values` are V of the state after the last step, a
/// copy each.
Advantages generalised_advantages(std::span<const float> rewards, std::span<const float> values,
                                  std::span<const std::uint8_t> done,
                                  std::span<const float> last_values, const GaeOptions& options);

}  // namespace starling::ppo
