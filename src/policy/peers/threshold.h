// Adding and removing one replica at thresholds of load that its trend moves.
#pragma once

#include "policy/peers/time_window.h"
#include "policy/policy.h"

namespace starling {

struct ThresholdOptions {
  double upper = 0.8;  // utilisation
  double lower = 0.3;
  double trend_weight = 1;  // how far a minute's trend moves both thresholds
  Duration window{60s};     // of the load and of its trend
  Duration interval{30s};   // between changes
};

/// Dynamic thresholds (Lin, Wang, Liang & Qi 2011): add a replica when the load crosses the upper
/// threshold, remove one under the lower one. While load rises both thresholds come down, so that
/// replicas come sooner and go later, while it falls they go up. The paper gives the principle and
/// leaves the numbers to the operator: load is the mean utilisation of the window, the trend its
/// change from the window before, and thresholds stay within 0.05 … 0.95 with the lower at most
/// two thirds of the upper.
class ThresholdPolicy final : public Policy {
 public:
  explicit ThresholdPolicy(ThresholdOptions options = {})
      : options_(options), now_(options.window), both_(2 * options.window) {}

  std::string name() const override { return "threshold"; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  ThresholdOptions options_;
  TimeWindow now_;
  TimeWindow both_;  // twice as long: the window before is what it has besides
  std::optional<TimePoint> begun_;
  std::optional<TimePoint> changed_;
  std::optional<int> target_;
};

}  // namespace starling
