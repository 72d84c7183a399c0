// Implements policy/peers/greedy.h.
#include "policy/peers/greedy.h"

#include <algorithm>

#include "policy/peers/time_window.h"

namespace starling {
namespace {

/// The mean of the medians over [from, to), weighed by time; the last step stands for everything
/// beyond the horizon.
double median_rate(const Forecast& forecast, TimePoint from, TimePoint to) {
  double sum = 0;
  TimePoint covered = from;
  for (std::size_t h = 0; h < forecast.steps.size() && covered < to; ++h) {
    const bool last = h + 1 == forecast.steps.size();
    const TimePoint end = forecast.origin + forecast.step * static_cast<std::int64_t>(h + 1);
    const TimePoint until = last ? to : std::min(end, to);
    if (until <= covered) continue;
    sum += forecast.quantile(h, 0.5) * seconds(until - covered);
    covered = until;
  }
  return sum / std::max(1e-9, seconds(to - from));
}

}  // namespace

Allocation GreedyPolicy::decide(const Observation& observation, const Objective& objective) {
  const Duration lead = observation.cold_start + observation.interval;
  const Forecast* forecast = observation.forecast;
  const bool known = forecast != nullptr && !forecast->steps.empty();
  const double rate = known ? median_rate(*forecast, observation.now, observation.now + lead)
                            : observation.arrival_rate;
  const double served = observation.concurrency * options_.utilization;
  int need = whole_replicas(rate * observation.service.occupied_s() / std::max(1e-9, served));
  if (need == 0 && observation.in_flight > 0) need = 1;

  Allocation allocation;
  allocation.replicas = std::clamp(need, objective.min, std::max(objective.min, objective.max));
  allocation.planned_rate = rate;
  allocation.reason =
      fmt::format("{:.1f} req/s {} over {:.1f} s, replicas {:.0f} % busy", rate,
                  known ? "by the median forecast" : "seen, as there is no forecast,",
                  seconds(lead), options_.utilization * 100);
  return allocation;
}

}  // namespace starling
