// Implements policy/peers/threshold.h.
#include "policy/peers/threshold.h"

#include <algorithm>

namespace starling {

Allocation ThresholdPolicy::decide(const Observation& observation, const Objective& objective) {
  const TimePoint now = observation.now;
  if (!begun_) begun_ = now;
  now_.add(now, observation.interval, observation.utilization);
  both_.add(now, observation.interval, observation.utilization);
  const double load = now_.mean(now);
  // Both windows' mean lies half-way between theirs; before the second is full there is no trend.
  const double trend = now - *begun_ >= 2 * options_.window ? 2 * (load - both_.mean(now)) : 0;
  const double moved = options_.trend_weight * trend;
  const double upper = std::clamp(options_.upper - moved, 0.05, 0.95);
  const double lower = std::clamp(options_.lower - moved, 0.0, upper * 2 / 3);

  int target = target_.value_or(observation.ready + observation.starting);
  const bool may_change = !changed_ || now - *changed_ >= options_.interval;
  const bool waiting = observation.ready == 0 && observation.in_flight > 0;
  if (may_change && (load > upper || (waiting && target == 0))) {
    ++target;
  } else if (may_change && load < lower) {
    --target;
  }
  target = std::clamp(target, objective.min, std::max(objective.min, objective.max));
  if (!target_ || target != *target_) changed_ = now;
  target_ = target;

  Allocation allocation;
  allocation.replicas = target;
  allocation.planned_rate = observation.arrival_rate;
  allocation.reason =
      fmt::format("load {:.0f} %, one more above {:.0f} %, one fewer below {:.0f} %", load * 100,
                  upper * 100, lower * 100);
  return allocation;
}

}  // namespace starling
