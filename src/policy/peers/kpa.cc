// Implements policy/peers/kpa.h.
#include "policy/peers/kpa.h"

#include <algorithm>
#include <cmath>

namespace starling {

int KpaPolicy::wanted(const Observation& observation, double target, std::string& reason) {
  const TimePoint now = observation.now;
  const int ready = std::max(1, observation.ready);
  const double stable_mean = stable_.mean(now);
  const double panic_mean = panic_.mean(now);
  const int lowest = static_cast<int>(std::floor(ready / options_.scale_down_rate_max));
  const int highest = whole_replicas(options_.scale_up_rate_max * ready);
  const int unbounded_panic = whole_replicas(panic_mean / target);
  const int stable = std::clamp(whole_replicas(stable_mean / target), lowest, highest);
  const int panic = std::clamp(unbounded_panic, lowest, highest);

  if (unbounded_panic >= options_.panic_threshold * ready) {
    if (!panicked_) panic_most_ = 0;
    panicked_ = now;
  } else if (panicked_ && now - *panicked_ > options_.stable_window) {
    panicked_.reset();
  }
  reason = fmt::format("{:.1f} requests in flight over {:g} s, {:.1f} over {:g} s, {:g} a replica",
                       stable_mean, seconds(options_.stable_window), panic_mean,
                       seconds(options_.panic_window), target);
  if (!panicked_) return stable;
  // The stable mean may ask for more than the panic's: what is wanted is the larger.
  panic_most_ = std::max({panic_most_, stable, panic});
  reason += fmt::format("; in panic, {} is kept", panic_most_);
  return panic_most_;
}

/// What becomes of a wish for none.
int KpaPolicy::zero_or_not(const Observation& observation) {
  const TimePoint now = observation.now;
  const bool settled = active_.for_at_least(options_.stable_window, observation.ready > 0, now);
  const bool silent = stable_.mean(now) <= 0;
  const bool over = silent_.for_at_least(options_.zero_grace, silent && settled, now);
  if (over) return 0;
  if (!silent || observation.ready > 0) return 1;
  return observation.starting > 0 ? std::max(1, held_.replicas) : 0;
}

Allocation KpaPolicy::decide(const Observation& observation, const Objective& objective) {
  const TimePoint now = observation.now;
  stable_.add(now, observation.interval, observation.in_flight);
  panic_.add(now, observation.interval, observation.in_flight);
  if (!decision_.due(now)) return held_;
  if (!decision_.has_begun()) {
    held_.replicas = observation.ready + observation.starting;
    if (observation.ready > 1) {
      panicked_ = now;
      panic_most_ = observation.ready;
    }
  }
  decision_.done(now, options_.tick);

  Allocation allocation;
  allocation.planned_rate = observation.arrival_rate;
  const double target = std::max(0.01, options_.target_utilization * observation.concurrency);
  const int least = zero_or_not(observation);
  const int wish = wanted(observation, target, allocation.reason);
  const int replicas = wish > 0 ? wish : least;
  allocation.replicas = std::clamp(replicas, objective.min, std::max(objective.min, objective.max));
  held_ = allocation;
  return allocation;
}

}  // namespace starling
