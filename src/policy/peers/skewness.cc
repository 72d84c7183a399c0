// Implements policy/peers/skewness.h.
#include "policy/peers/skewness.h"

#include <algorithm>
#include <cmath>

#include "base/nearest_rank.h"

namespace starling {

void SkewnessPolicy::predict(double measured) {
  loads_.push_back(measured);
  if (loads_.size() > std::max<std::size_t>(1, options_.window)) loads_.pop_front();
  const double observed = nearest_rank<double>({loads_.begin(), loads_.end()}, options_.percentile);
  const double before = predicted_.value_or(observed);
  const double alpha = observed > before ? options_.alpha_up : options_.alpha_down;
  predicted_ = alpha * before + (1 - alpha) * observed;
}

Allocation SkewnessPolicy::decide(const Observation& observation, const Objective& objective) {
  const TimePoint now = observation.now;
  int target = target_.value_or(observation.ready + observation.starting);
  if (observation.ready == 0) {  // nothing is busy where nothing is ready
    measured_.reset();
    loads_.clear();
    predicted_.reset();
    if (target == 0 && observation.in_flight > 0) target = 1;
  } else {
    if (!measured_) measured_ = now - observation.interval;
    minute_.add(now, observation.interval, observation.utilization * observation.ready);
    if (now - *measured_ >= options_.measure) {
      measured_ = now;
      predict(minute_.mean(now));
      const double each = *predicted_ / std::max(1, target);
      const double without = *predicted_ / std::max(1, target - 1);
      if (each > options_.hot) {
        ++target;
      } else if (each < options_.cold && without <= options_.warm &&
                 (target > 1 || loads_.back() <= 0)) {
        --target;
      }
    }
  }
  target_ = std::clamp(target, objective.min, std::max(objective.min, objective.max));

  Allocation allocation;
  allocation.replicas = *target_;
  allocation.planned_rate = observation.arrival_rate;
  allocation.reason = fmt::format(
      "{:.2f} replicas busy by prediction, one more above {:.0f} % of each, one fewer below "
      "{:.0f} %",
      predicted_.value_or(0), options_.hot * 100, options_.cold * 100);
  return allocation;
}

}  // namespace starling
