// The demand that replicas started now will meet: as a distribution, from all that is known.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "policy/market/demand_belief.h"
#include "policy/policy.h"

namespace starling {

/// Keeps one model's arrivals in steps and a belief about the window that begins when a replica
/// started at the next decision is ready, three steps long. The observation's forecast takes part
/// as one of the belief's experts.
class DemandOutlook {
 public:
  /// Observations come in the order of time, one a decision.
  void observe(const Observation& observation);
  /// Requests a second that the window's mean stays below with probability `level`. Call it once
  /// something was learned.
  double quantile(double level) const { return quantiles({&level, 1}).front(); }
  /// Of rising levels, at once.
  std::vector<double> quantiles(std::span<const double> levels) const;
  /// Enough windows are over to know how far off the belief is.
  bool learned() const { return belief_ && belief_->outcomes() >= kLearned; }
  /// From a decision to the end of the window that it is made for.
  Duration reach() const { return belief_ ? belief_->window().last * step_ : Duration{}; }

 private:
  static constexpr std::size_t kLearned = 12;
  static constexpr int kWindowSteps = 3;

  void plan(const Observation& observation);
  std::vector<double> foretold(const Observation& observation) const;

  Duration step_{};
  StepCount arriving_;
  RecentCounts counts_;
  std::optional<WindowBelief> belief_;
};

}  // namespace starling
