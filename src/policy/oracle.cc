// Implements policy/oracle.h.
#include "policy/oracle.h"

#include <algorithm>

#include "policy/queueing.h"

namespace starling {

void OraclePolicy::plan(const Observation& observation, const Objective& objective) {
  std::vector<int> needed;
  for (const double rate : rates_) {
    needed.push_back(
        std::clamp(size_for(rate, observation.service, observation.concurrency, objective).replicas,
                   objective.min, std::max(objective.min, objective.max)));
  }
  // A closing: no valley of at most `width` steps between two steps that need more is left.
  const auto width =
      static_cast<std::ptrdiff_t>((observation.cold_start + observation.release) / step_);
  const auto count = static_cast<std::ptrdiff_t>(needed.size());
  std::vector<int> highest(needed.size());  // of each step and the `width` that follow
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    highest[static_cast<std::size_t>(i)] =
        *std::max_element(needed.begin() + i, needed.begin() + std::min(count, i + width + 1));
  }
  plan_.resize(needed.size());
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    plan_[static_cast<std::size_t>(i)] = *std::min_element(
        highest.begin() + std::max<std::ptrdiff_t>(0, i - width), highest.begin() + i + 1);
  }
}

Allocation OraclePolicy::decide(const Observation& observation, const Objective& objective) {
  if (plan_.empty() && !rates_.empty()) plan(observation, objective);
  Allocation allocation;
  const auto last = static_cast<std::int64_t>(plan_.size()) - 1;
  const auto step_at = [&](TimePoint t) {
    return std::clamp<std::int64_t>(t.time_since_epoch() / step_, 0, last);
  };
  allocation.replicas = objective.min;
  if (last >= 0) {
    // What is asked for now must last until the next decision's start is ready.
    const TimePoint until = observation.now + observation.cold_start + observation.interval;
    const std::int64_t now = step_at(observation.now);
    allocation.replicas =
        *std::max_element(plan_.begin() + now, plan_.begin() + step_at(until) + 1);
    allocation.planned_rate = rates_[static_cast<std::size_t>(now)];
  }
  allocation.reason = fmt::format("{} replicas will be needed", allocation.replicas);
  return allocation;
}

}  // namespace starling
