// Implements policy/peers/threshold.h.
#include "policy/peers/threshold.h"

#include <algorithm>

namespace starling {

Allocation ThresholdPolicy::decide(const Observation& observation, const Objective& objective) {
  const TimePoint now = observation.now;
  const bool measured = observation.ready > 0;  // nothing is busy where nothing is ready
  if (!measured) begun_.reset();
  if (measured) {
    if (!begun_) begun_ = now;
    now_.add(now, observation.interval, observation.utilization);
    both_.add(now, observation.interval, observation.utilization);
  }
  const double load = now_.mean(now);
  // Both windows' mean lies half-way between theirs; before the second is full there is no trend.
  const bool full = begun_ && now - *begun_ >= 2 * options_.window;
  const double trend = full ? 2 * (load - both_.mean(now)) : 0;
  const double moved = options_.trend_weight * trend;
  const double upper = std::clamp(options_.upper - moved, 0.05, 0.95);
  const double lower = std::clamp(options_.lower - moved, 0.0, upper * 2 / 3);

  int target = target_.value_or(observation.ready + observation.starting);
  const bool may_change = !changed_ || now - *changed_ >= options_.interval;
  if (!measured) {
    if (target == 0 && observation.in_flight > 0) target = 1;
  } else if (may_change && load > upper) {
    ++target;
  } else if (may_change && load < lower && (target > 1 || load <= 0)) {
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
