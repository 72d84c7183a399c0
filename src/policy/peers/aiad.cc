// Implements policy/peers/aiad.h.
#include "policy/peers/aiad.h"

#include <algorithm>

namespace starling {

Allocation AiadPolicy::decide(const Observation& observation, const Objective& objective) {
  const TimePoint now = observation.now;
  int target = target_.value_or(observation.ready + observation.starting);
  arrivals_.add(now, observation.interval, observation.arrival_rate);
  in_flight_.add(now, observation.interval, observation.in_flight);
  missed_.add(now, observation.interval, observation.missed_rate);
  const double window_s = std::max(1e-3, seconds(options_.window));
  const double in_flight = in_flight_.mean(now);
  const double latency_s = in_flight / std::max(arrivals_.mean(now), 1 / window_s);
  // One late request alone is no more than chance, where few come.
  const double allowed =
      std::max((1 - objective.slo_percentile / 100) * arrivals_.mean(now), 1 / window_s);
  const bool missed = latency_s > options_.slo_share * seconds(objective.slo_latency) ||
                      missed_.mean(now) > allowed;
  const bool rise = over_.for_at_least(options_.up_after, missed, now);
  const bool fall = within_.for_at_least(options_.down_after, !missed, now);
  const bool wake = target == 0 && in_flight > 0;
  const bool keep_last = fall && target == 1 && in_flight > 0;
  if (wake || rise || (fall && !keep_last)) {
    target += fall && !wake ? -1 : 1;
    over_.restart();
    within_.restart();
  }
  target_ = std::clamp(target, objective.min, std::max(objective.min, objective.max));

  Allocation allocation;
  allocation.replicas = *target_;
  allocation.planned_rate = observation.arrival_rate;
  allocation.reason = fmt::format(
      "{:.0f} ms in the system by the means of {:g} s, {:.0f} ms allowed; {:.2f} late or refused a "
      "second, {:.2f} allowed",
      latency_s * 1e3, window_s, options_.slo_share * seconds(objective.slo_latency) * 1e3,
      missed_.mean(now), allowed);
  return allocation;
}

}  // namespace starling
