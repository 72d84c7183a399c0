// Ray Serve's default autoscaling policy.
#pragma once

#include "policy/peers/time_window.h"
#include "policy/policy.h"

namespace starling {

struct RayServeOptions {
  double target_ongoing_requests = 2;  // a replica
  double upscaling_factor = 1;
  double downscaling_factor = 1;
  Duration look_back{30s};
  Duration upscale_delay{30s};
  Duration downscale_delay{600s};
};

/// python/ray/serve/autoscaling_policy.py with its defaults. With n running replicas and the mean
/// of the ongoing requests over the look-back, the error ratio is ongoing / (n · target);
/// desired = ⌈n · (1 + (ratio − 1) · factor)⌉, the factor by direction, and one fewer where a
/// factor below 1 would keep n for ever. It is compared with what was asked for: a change is made
/// once it was wanted without interruption for the delay of its direction, to what is then
/// desired; a removal leaves one, which goes in a removal of its own. While nothing runs, what was
/// asked for is kept, and ⌈upscaling factor⌉ are asked for at once when there are requests. (Ray
/// counts decisions, 0.1 s apart; here the same time passes.)
class RayServePolicy final : public Policy {
 public:
  explicit RayServePolicy(RayServeOptions options = {})
      : options_(options), ongoing_(options.look_back) {}

  std::string name() const override { return "ray-serve"; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  RayServeOptions options_;
  TimeWindow ongoing_;
  Lasting up_, down_;
  std::optional<int> target_;
};

}  // namespace starling
