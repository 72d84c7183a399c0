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

/// Dynamic thresholds (Lin, Wang, Liang & Qi, "A threshold-based dynamic resource allocation scheme
/// for cloud computing", Procedia Engineering 23, 2011). The paper's: resources are added to an
/// application when its load crosses an upper threshold and removed under a lower one, as its load
/// changes. Our reading, and all numbers: one replica a change; load is the mean utilisation of the
/// window while any replica was ready, the trend its change from the window before. While load
/// rises both thresholds come down, so that replicas come sooner and go later, while it falls they
/// go up; they stay within 0.05 … 0.95 with the lower at most two thirds of the upper. The last
/// replica goes only when the load is zero, none goes while none is ready, and from zero the first
/// comes with the first request.
class ThresholdPolicy final : public Policy {
 public:
  explicit ThresholdPolicy(ThresholdOptions options = {})
      : options_(options), now_(options.window), both_(2 * options.window) {}

  std::string name() const override { return "threshold"; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  ThresholdOptions options_;
  TimeWindow now_;
  TimeWindow both_;                 // twice as long: the window before is what it has besides
  std::optional<TimePoint> begun_;  // of loads without a gap
  std::optional<TimePoint> changed_;
  std::optional<int> target_;
};

}  // namespace starling
