#include "policy/static_policy.h"

namespace starling {

Allocation StaticPolicy::decide(const Observation& observation, const Objective& objective) {
  Allocation allocation;
  allocation.replicas = replicas_.value_or(objective.min);
  allocation.planned_rate = observation.arrival_rate;
  allocation.reason = replicas_ ? fmt::format("fixed at {} replicas", *replicas_)
                                : fmt::format("fixed at replicas.min = {}", objective.min);
  return allocation;
}

}  // namespace starling
