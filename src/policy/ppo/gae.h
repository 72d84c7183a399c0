// Generalised advantage estimation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace starling::ppo {

struct GaeOptions {
  double gamma = 0.98;   // γ, the discount of a step
  double lambda = 0.95;  // λ: 0 trusts the critic after one step, 1 the rewards alone
};

/// Both steps × num_envs, row-major, in the unit of the rewards.
struct Advantages {
  std::vector<float> advantages;  // Â_t
  std::vector<float> returns;     // Â_t + V(s_t), the λ-return: the critic's target
};

/// GAE(γ, λ), Schulman et al., "High-Dimensional Continuous Control Using Generalized Advantage
/// Estimation" (2016), equation (16), truncated as in Schulman et al. (2017), equations (11) and
/// (12), and computed backwards in time:
///   δ_t = r_t + γ·V(s_{t+1}) − V(s_t)                 the TD error
///   Â_t = δ_t + γ·λ·(1 − done_t)·Â_{t+1}
/// Scaling goes on for ever and episodes end by their time limit alone, so the last step of one is
/// truncated and not terminal (Pardo et al., "Time Limits in Reinforcement Learning", 2018). The
/// state after it is that of another episode; V(s_t) stands in for its value.
/// `rewards`, `values` (V(s_t)) and `done` are steps × num_envs, row-major; `bootstrap_values` are
/// V of the state after the last step, an element an environment.
Advantages generalised_advantages(std::span<const float> rewards, std::span<const float> values,
                                  std::span<const std::uint8_t> done,
                                  std::span<const float> bootstrap_values,
                                  const GaeOptions& options);

}  // namespace starling::ppo
