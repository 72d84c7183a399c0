// The heuristic heart: the fewest replicas whose queueing model meets the SLO for the forecast's
// upper quantile.
#pragma once

#include "policy/policy.h"

namespace starling {

struct PredictiveOptions {
  double quantile = 0.9;           // of the forecast, peak over cold start + one interval
  double margin_unforecast = 1.3;  // times the current rate when there is no forecast
  /// Scale to zero once fewer requests than this are expected in `idle_window`.
  double idle_requests = 0.05;
  Duration idle_window{30s};
  int drain_intervals = 2;  // the present queue is to be gone within so many intervals (or the SLO)
};

/// Plans for peak(now, now + cold start + interval) of the forecast and never below what the
/// measured load needs to stay stable. Guard notes of its own: "no-forecast", "slo-unreachable",
/// "current-load". Put it behind Guards: alone it follows every wiggle of the forecast.
class PredictivePolicy final : public Policy {
 public:
  explicit PredictivePolicy(PredictiveOptions options = {}) : options_(options) {}

  std::string name() const override { return "predictive"; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  PredictiveOptions options_;
};

}  // namespace starling
