// The Lagrange multipliers of a constrained problem, one a workload.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace starling::ppo {

struct LagrangeOptions {
  double initial = 0.3;            // λ: what a miss allowed by the constraint costs
  double integral_gain = 0.2;      // of ln λ, per episode and unit of violation: it stays
  double proportional_gain = 0.5;  // of ln λ, per unit of the last episodes' mean violation
  double episode_steps = 720;      // of one environment
};

/// λ of each workload, by the PID form of Stooke et al., "Responsive Safety in Reinforcement
/// Learning by PID Lagrangian Methods" (2020), integral and proportional, on an exponential moving
/// average of what was missed with an episode's steps as its time constant. A workload's own
/// multiplier keeps it within its own allowance: under a common one those that are easy to serve
/// pay for the others' misses.
class LagrangeMultipliers {
 public:
  /// All at options.initial; workloads are numbered from 0.
  LagrangeMultipliers(int workloads, const LagrangeOptions& options);

  /// λ of a workload.
  double at(int workload) const;
  /// Takes in steps of any workloads: `workloads` and `missed` have an element a step, and `missed`
  /// is 1 where exactly as much was as is allowed.
  void observe(std::span<const std::int32_t> workloads, std::span<const float> missed);
  /// Of λ, over the workloads.
  double geometric_mean() const;

  /// ln λ's integral parts and the averages of what was missed, a workload each: what a checkpoint
  /// keeps.
  const std::vector<double>& integrals() const { return integrals_; }
  const std::vector<double>& mean_missed() const { return mean_missed_; }
  /// False, and nothing changes, where the sizes are not those of the workloads.
  bool restore(std::vector<double> integrals, std::vector<double> mean_missed);

 private:
  LagrangeOptions options_;
  std::vector<double> integrals_, mean_missed_;
};

}  // namespace starling::ppo
