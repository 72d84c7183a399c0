// Implements policy/peers/skyserve.h.
#include "policy/peers/skyserve.h"

#include <algorithm>

namespace starling {

Allocation SkyServePolicy::decide(const Observation& observation, const Objective& objective) {
  const TimePoint now = observation.now;
  rate_.add(now, observation.interval, observation.arrival_rate);
  if (!decision_.due(now)) return held_;

  const int most = std::max(objective.min, objective.max);
  const int current =
      std::clamp(target_.value_or(observation.ready + observation.starting), objective.min, most);
  const double own_qps = options_.utilization * observation.concurrency /
                         std::max(1e-6, observation.service.occupied_s());
  const double qps = options_.target_qps > 0 ? options_.target_qps : own_qps;
  const double rate = rate_.mean_of_whole(now);
  const int wanted = std::clamp(whole_replicas(rate / qps), objective.min, most);

  more_ = wanted > current ? more_ + 1 : 0;
  less_ = wanted < current ? less_ + 1 : 0;
  const auto due = [&](int counter, Duration delay) {
    return counter > 0 && counter >= delay / options_.interval;
  };
  target_ = current;
  if (current == 0 || due(more_, options_.upscale_delay) || due(less_, options_.downscale_delay)) {
    target_ = wanted;
    more_ = less_ = 0;
  }
  decision_.done(now, target_ == 0 ? options_.interval_at_zero : options_.interval);

  Allocation allocation;
  allocation.replicas = *target_;
  allocation.planned_rate = rate;
  allocation.reason =
      fmt::format("{:.2f} requests/s over {:g} s at {:.2f} a replica: {} wanted, {} before", rate,
                  seconds(options_.look_back), qps, wanted, current);
  held_ = allocation;
  return allocation;
}

}  // namespace starling
