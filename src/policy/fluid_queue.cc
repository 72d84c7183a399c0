// Implements policy/fluid_queue.h.
#include "policy/fluid_queue.h"

#include <algorithm>

namespace starling {
namespace {

/// Within one tick an overload has no steady state: chance adds as much as at this load.
constexpr double kSteadyLoadMax = 0.97;

/// The share of a tick that a line from `begin` to `end` spends above `level`.
double share_above(double begin, double end, double level) {
  if (begin == end) return begin > level ? 1 : 0;
  const double crossing = std::clamp((level - begin) / (end - begin), 0.0, 1.0);
  return end > begin ? 1 - crossing : crossing;
}

}  // namespace

FluidTick FluidQueue::advance(double arrivals, int ready, double tick_s) {
  FluidTick tick;
  const double limit = curve_->queue_limit();
  const double service_rate = curve_->service_rate(ready);
  const double served_max = service_rate * tick_s;
  const double begin = backlog_;
  const double unbounded = begin + arrivals - served_max;
  backlog_ = std::clamp(unbounded, 0.0, limit);
  tick.refused = std::clamp(unbounded - limit, 0.0, arrivals);
  if (served_max > 0) {
    tick.utilization =
        std::clamp((begin + arrivals - backlog_ - tick.refused) / served_max, 0.0, 1.0);
  }
  if (arrivals <= 0) return tick;

  const double patience = service_rate * curve_->slack_s();  // backlog that may still be before one
  // A queue that is full before its wait is too long refuses instead.
  const double late = patience < limit ? share_above(begin, unbounded, patience) : 0;
  const double load = served_max > 0 ? arrivals / served_max : 1;
  const double rate = arrivals / tick_s;
  const double steady = std::min(1.0, kSteadyLoadMax / std::max(load, 1e-9)) * rate;
  const double by_chance = ready > 0 ? curve_->at(steady, ready) : 1;
  // A queue that is long because of chance and load together is short now and then.
  const double when_long = load >= 1 && ready > 0 ? curve_->at(rate, ready) : 1;
  const double missed = arrivals * (late * when_long + (1 - late) * by_chance);
  tick.missed = std::clamp(missed, tick.refused, arrivals);
  return tick;
}

}  // namespace starling
