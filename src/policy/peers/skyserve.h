// SkyServe's request-rate autoscaler (SkyPilot).
#pragma once

#include "policy/peers/time_window.h"
#include "policy/policy.h"

namespace starling {

struct SkyServeOptions {
  /// Requests a second that a replica is to have. SkyServe's users state it; where it is not
  /// positive it is `utilization` × what a replica can serve by its measured service time.
  double target_qps = 0;
  double utilization = 0.7;
  Duration look_back{60s};
  Duration interval{20s};
  Duration interval_at_zero{5s};
  Duration upscale_delay{300s};
  Duration downscale_delay{1200s};
};

/// sky/serve/autoscalers.py (RequestRateAutoscaler) with its defaults. Each interval
/// wanted = ⌈requests of the look-back / look-back / target_qps⌉; what came before the first
/// observation counts as none. A counter of consecutive intervals in which more (less) was wanted
/// than is asked for: the change is made when it reaches delay / interval, to what is then wanted.
/// While none is asked for it decides every five seconds and at once.
class SkyServePolicy final : public Policy {
 public:
  explicit SkyServePolicy(SkyServeOptions options = {})
      : options_(options), rate_(options.look_back) {}

  std::string name() const override { return "skyserve"; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  SkyServeOptions options_;
  TimeWindow rate_;
  Periodic decision_;
  std::optional<int> target_;
  int more_ = 0, less_ = 0;  // intervals in a row
  Allocation held_;
};

}  // namespace starling
