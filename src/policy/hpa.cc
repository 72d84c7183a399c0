#include "policy/hpa.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/units.h"

namespace starling {
namespace {

constexpr int kReplicasMax = 1'000'000;
constexpr Duration kPeriodMax = 30min;  // the API allows no longer period of a scaling policy

int ceil_replicas(double replicas) {
  return static_cast<int>(std::min<double>(std::ceil(replicas), kReplicasMax));
}

}  // namespace

Allocation HpaPolicy::decide(const Observation& observation, const Objective& objective) {
  const TimePoint now = observation.now;
  if (!sync_.due(now)) return held_;

  const int current = sync_.has_begun() ? held_.replicas : observation.ready + observation.starting;
  if (!sync_.has_begun()) recommendations_.push_back({now, current});
  // Scaling policies count whole syncs: by when this one came, the change of the one before could
  // still be within their period.
  const TimePoint sync = sync_.done(now, options_.sync_period);

  Allocation allocation;
  allocation.planned_rate = observation.arrival_rate;
  if (current > objective.max || (current < objective.min && current > 0)) {
    allocation.replicas = std::clamp(current, objective.min, objective.max);
    allocation.reason = fmt::format("{} replicas are outside replicas.min {} to replicas.max {}",
                                    current, objective.min, objective.max);
  } else {
    const int desired = desired_by_metrics(observation, current, allocation.reason);
    const int calm = stabilized(desired, current, now);
    if (calm != desired) {
      allocation.guards.push_back({"stabilization",
                                   fmt::format("recommendations of the last {} up, {} down",
                                               format_duration(options_.up.stabilization),
                                               format_duration(options_.down.stabilization)),
                                   desired, calm});
    }
    allocation.replicas = limited(calm, current, sync, objective, allocation);
  }
  if (allocation.replicas != current) changes_.push_back({sync, allocation.replicas - current});
  while (!changes_.empty() && now - changes_.front().at >= kPeriodMax) changes_.pop_front();
  held_ = allocation;
  return allocation;
}

bool HpaPolicy::tolerated(double ratio) const {
  return std::abs(ratio - 1) <= options_.tolerance + 1e-9;
}

/// Replicas are only taken away when every metric is there to allow it.
int HpaPolicy::desired_by_metrics(const Observation& observation, int current,
                                  std::string& reason) const {
  std::optional<int> desired;
  bool incomplete = false;
  std::string without;
  for (const auto& metric : options_.metrics) {
    std::optional<int> wanted;
    std::string why;
    if (metric.kind == HpaMetric::Kind::kUtilization) {
      wanted = desired_by_utilization(observation, current, metric.target, why);
    } else {
      const bool rate = metric.kind == HpaMetric::Kind::kRequestsPerSecond;
      const double value = rate ? observation.arrival_rate : observation.in_flight;
      wanted = desired_by_average(value, current, metric.target);
      why = fmt::format("{:.2f} {}, target {:g} a replica", value,
                        rate ? "req/s" : "requests in flight", metric.target);
    }
    incomplete |= !wanted;
    if (!wanted) without = why;
    if (!wanted || (desired && *wanted <= *desired)) continue;
    desired = wanted;
    reason = why;
  }
  if (!incomplete || (desired && *desired >= current)) return desired.value_or(current);
  reason = without;
  return current;
}

int HpaPolicy::desired_by_average(double value, int current, double target) const {
  if (current > 0 && tolerated(value / (target * current))) return current;
  return ceil_replicas(value / target - 1e-9);
}

std::optional<int> HpaPolicy::desired_by_utilization(const Observation& observation, int current,
                                                     double target, std::string& reason) const {
  if (current == 0) {
    reason = fmt::format("{:.2f} requests in flight over a target of {:g} a slot, from zero",
                         observation.in_flight, target);
    return ceil_replicas(observation.in_flight / observation.concurrency / target - 1e-9);
  }
  const int missing = std::clamp(observation.unmeasured, 0, observation.ready);
  const int measured = observation.ready - missing;
  if (measured == 0) {
    reason = fmt::format("no replica is {}: the {} asked for are held",
                         missing > 0 ? "measured" : "ready", current);
    return std::nullopt;
  }
  const double ratio = observation.utilization / target;
  const int unready = std::max({observation.starting, current - observation.ready, 0});
  reason = fmt::format("utilisation {:.0f} % of {} ready, target {:.0f} %",
                       observation.utilization * 100, measured, target * 100);
  const bool up_with_unready = unready > 0 && ratio > 1;
  if (!up_with_unready && missing == 0) {
    return tolerated(ratio) ? current : ceil_replicas(ratio * measured - 1e-9);
  }
  // Replicas without metrics are taken as fully busy before a removal and as idle before a rise;
  // those that are not ready yet as idle before a rise.
  double used = ratio * measured;  // in replicas that are at their target
  if (ratio <= 1) used += missing * std::max(1.0, 1 / target);
  const int counted = measured + missing + (up_with_unready ? unready : 0);
  const double damped = used / counted;
  reason += fmt::format(", {:.0f} % with {} without metrics and {} not yet ready",
                        damped * target * 100, missing, up_with_unready ? unready : 0);
  if (tolerated(damped) || (damped > 1) != (ratio > 1)) return current;
  const int desired = ceil_replicas(used - 1e-9);
  return ratio > 1 ? std::max(current, desired) : std::min(current, desired);
}

int HpaPolicy::stabilized(int desired, int current, TimePoint now) {
  const Duration longest = std::max(options_.up.stabilization, options_.down.stabilization);
  recommendations_.push_back({now, desired});
  while (now - recommendations_.front().at >= longest && recommendations_.size() > 1) {
    recommendations_.pop_front();
  }
  int up = desired;    // the lowest of the up window
  int down = desired;  // the highest of the down window
  for (const auto& past : recommendations_) {
    if (now - past.at < options_.up.stabilization) up = std::min(up, past.replicas);
    if (now - past.at < options_.down.stabilization) down = std::max(down, past.replicas);
  }
  return std::min(std::max(current, up), down);
}

int HpaPolicy::limited(int desired, int current, TimePoint now, const Objective& objective,
                       Allocation& notes) const {
  const auto note = [&](const char* guard, int to) {
    notes.guards.push_back({guard, fmt::format("wished {}, allowed {}", desired, to), desired, to});
    return to;
  };
  int allowed = desired;
  const char* limit = "";
  if (desired > current) {
    allowed = std::min(desired, std::max(scale_up_limit(current, now), current));
    limit = "scale-up-limit";
  } else if (desired < current) {
    allowed = std::max(desired, std::min(scale_down_limit(current, now), current));
    limit = "scale-down-limit";
  }
  if (allowed > objective.max) return note("max-replicas", objective.max);
  if (allowed < objective.min) return note("min-replicas", objective.min);
  return allowed == desired ? desired : note(limit, allowed);
}

int HpaPolicy::scale_up_limit(int current, TimePoint now) const {
  if (options_.up.select == HpaBehavior::Select::kDisabled) return current;
  const bool largest = options_.up.select == HpaBehavior::Select::kMax;
  int limit = largest ? std::numeric_limits<int>::min() : std::numeric_limits<int>::max();
  for (const auto& policy : options_.up.policies) {
    const int start = current - changed_within(now, policy.period);
    const int allowed = policy.type == HpaScalingPolicy::Type::kPods
                            ? start + policy.value
                            : ceil_replicas(start * (1 + policy.value / 100.0) - 1e-9);
    limit = largest ? std::max(limit, allowed) : std::min(limit, allowed);
  }
  return limit;
}

int HpaPolicy::scale_down_limit(int current, TimePoint now) const {
  if (options_.down.select == HpaBehavior::Select::kDisabled) return current;
  const bool largest = options_.down.select == HpaBehavior::Select::kMax;
  int limit = largest ? std::numeric_limits<int>::max() : std::numeric_limits<int>::min();
  for (const auto& policy : options_.down.policies) {
    const int start = current - changed_within(now, policy.period);
    const int allowed =
        policy.type == HpaScalingPolicy::Type::kPods
            ? start - policy.value
            : static_cast<int>(std::trunc(start * (1 - policy.value / 100.0) + 1e-9));
    limit = largest ? std::min(limit, allowed) : std::max(limit, allowed);
  }
  return limit;
}

int HpaPolicy::changed_within(TimePoint now, Duration period) const {
  int net = 0;  // added − removed
  for (const auto& change : changes_) {
    if (now - change.at < period) net += change.added;
  }
  return net;
}

}  // namespace starling
