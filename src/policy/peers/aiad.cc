// Implements policy/peers/aiad.h.
#include "policy/peers/aiad.h"

#include <algorithm>
#include <limits>

namespace starling {

Allocation AiadPolicy::decide(const Observation& observation, const Objective& objective) {
  const TimePoint now = observation.now;
  int target = target_.value_or(observation.ready + observation.starting);
  double latency_s = 0;
  if (observation.in_flight > 0) {
    latency_s = observation.arrival_rate > 0 ? observation.in_flight / observation.arrival_rate
                                             : std::numeric_limits<double>::infinity();
  }
  const bool missed = latency_s > seconds(objective.slo_latency);
  const bool rise = over_.for_at_least(options_.up_after, missed, now);
  const bool fall = within_.for_at_least(options_.down_after, !missed, now);
  if (rise || fall) {
    target += rise ? 1 : -1;
    over_.restart();
    within_.restart();
  }
  target_ = std::clamp(target, objective.min, std::max(objective.min, objective.max));

  Allocation allocation;
  allocation.replicas = *target_;
  allocation.planned_rate = observation.arrival_rate;
  allocation.reason = fmt::format("{:.0f} ms in the system on average, {:.0f} ms allowed",
                                  latency_s * 1e3, seconds(objective.slo_latency) * 1e3);
  return allocation;
}

}  // namespace starling
