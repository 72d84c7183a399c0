// Implements policy/peers/ray_serve.h.
#include "policy/peers/ray_serve.h"

#include <algorithm>

namespace starling {

Allocation RayServePolicy::decide(const Observation& observation, const Objective& objective) {
  const TimePoint now = observation.now;
  const int most = std::max(objective.min, objective.max);
  ongoing_.add(now, observation.interval, observation.in_flight);
  const int current =
      std::clamp(target_.value_or(observation.ready + observation.starting), objective.min, most);
  target_ = current;
  const double ongoing = ongoing_.mean(now);

  int desired = 0;
  if (current == 0) {
    desired = ongoing > 0 ? 1 : 0;
    if (desired > 0) target_ = std::min(desired, most);
  } else {
    const double ratio = ongoing / (current * options_.target_ongoing_requests);
    const double factor = ratio > 1 ? options_.upscaling_factor : options_.downscaling_factor;
    desired = std::clamp(whole_replicas(current * (1 + (ratio - 1) * factor)), objective.min, most);
    const bool rise = up_.for_at_least(options_.upscale_delay, desired > current, now);
    const bool fall = down_.for_at_least(options_.downscale_delay, desired < current, now);
    if (rise || fall) {
      target_ = desired;
      up_.restart();
      down_.restart();
    }
  }

  Allocation allocation;
  allocation.replicas = *target_;
  allocation.planned_rate = observation.arrival_rate;
  allocation.reason = fmt::format(
      "{:.1f} requests ongoing over {:g} s for {} replicas at {:g} each: {} desired", ongoing,
      seconds(options_.look_back), current, options_.target_ongoing_requests, desired);
  return allocation;
}

}  // namespace starling
