// Implements policy/peers/ray_serve.h.
#include "policy/peers/ray_serve.h"

#include <algorithm>

namespace starling {
namespace {

int desired_replicas(double ongoing, int running, const RayServeOptions& options) {
  const double unscaled = ongoing / options.target_ongoing_requests;
  const double ratio = unscaled / running;
  const double factor = ratio > 1 ? options.upscaling_factor : options.downscaling_factor;
  const int scaled = whole_replicas(running * (1 + (ratio - 1) * factor));
  const bool stuck = scaled == running && whole_replicas(unscaled) < running;
  return stuck ? scaled - 1 : scaled;
}

}  // namespace

Allocation RayServePolicy::decide(const Observation& observation, const Objective& objective) {
  const TimePoint now = observation.now;
  const int most = std::max(objective.min, objective.max);
  ongoing_.add(now, observation.interval, observation.in_flight);
  const int current =
      std::clamp(target_.value_or(observation.ready + observation.starting), objective.min, most);
  target_ = current;
  const double ongoing = ongoing_.mean(now);

  int desired = current;
  if (observation.ready == 0) {
    if (ongoing > 0) desired = std::max(current, whole_replicas(options_.upscaling_factor));
    desired = std::min(desired, most);
    target_ = desired;
    up_.restart();
    down_.restart();
  } else {
    desired =
        std::clamp(desired_replicas(ongoing, observation.ready, options_), objective.min, most);
    const bool rise = up_.for_at_least(options_.upscale_delay, desired > current, now);
    const bool fall = down_.for_at_least(options_.downscale_delay, desired < current, now);
    if (rise || fall) {
      target_ = fall && current > 1 ? std::max(1, desired) : desired;
      up_.restart();
      down_.restart();
    }
  }

  Allocation allocation;
  allocation.replicas = *target_;
  allocation.planned_rate = observation.arrival_rate;
  allocation.reason = fmt::format(
      "{:.1f} requests ongoing over {:g} s at {:g} a replica, {} running: {} desired, {} asked for",
      ongoing, seconds(options_.look_back), options_.target_ongoing_requests, observation.ready,
      desired, *target_);
  return allocation;
}

}  // namespace starling
