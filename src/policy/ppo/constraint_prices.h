// The Lagrange multipliers of a constrained problem, one a workload.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace starling::ppo {

struct ConstraintPriceOptions {
  double first = 0.3;         // λ: what a miss allowed by the constraint costs
  double integral = 0.2;      // that ln λ moves by an episode, per unit of violation, for good
  double proportional = 0.5;  // and by the violation of the last episodes as such
  double episode = 720;       // steps
};

/// λ of each workload, by the PID form of Stooke et al., "Responsive Safety in Reinforcement
/// Learning by PID Lagrangian Methods" (2020), integral and proportional, on a mean of what was
/// missed that fades by an episode's steps. A workload's own price keeps it within its own
/// allowance: under a common one those that are easy to serve pay for the others' misses.
class ConstraintPrices {
 public:
  ConstraintPrices(int workloads, const ConstraintPriceOptions& options);

  double at(int workload) const;
  /// Takes in steps of any workloads: `missed` is 1 where exactly as much was as is allowed.
  void observe(std::span<const std::int32_t> workloads, std::span<const float> missed);
  /// The geometric mean over the workloads.
  double mean() const;

  /// ln λ's integral parts and the means, a workload each: what a checkpoint keeps.
  const std::vector<double>& integrals() const { return integrals_; }
  const std::vector<double>& means() const { return means_; }
  /// False, and nothing changes, where the sizes are not those of the workloads.
  bool restore(std::vector<double> integrals, std::vector<double> means);

 private:
  ConstraintPriceOptions options_;
  std::vector<double> integrals_, means_;
};

}  // namespace starling::ppo
