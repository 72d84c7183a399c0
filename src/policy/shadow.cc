#include "policy/shadow.h"

#include <algorithm>
#include <utility>

#include "policy/queueing.h"

namespace starling {
namespace {

constexpr double kSteadyLoadMax = 0.97;  // beyond it the fluid's backlog is what waits
constexpr double kServiceMin = 1e-6;     // seconds

/// Requests that wait by chance alone: M/M/c's, scaled as Allen and Cunneen do.
double waiting_by_chance(double rate, const ServiceTime& service, int slots) {
  if (slots <= 0 || rate <= 0) return 0;
  const double steady = std::min(rate, kSteadyLoadMax * slots / service.occupied_s());
  return steady * mmc_mean_wait_s(steady, service.occupied_s(), slots) * (1 + service.scv) / 2;
}

}  // namespace

OutcomeEstimate::Interval OutcomeEstimate::advance(const Observation& seen,
                                                   const Objective& objective, int ready) {
  ServiceTime service = seen.service;
  service.mean_s = std::max(service.mean_s, kServiceMin);
  const int limit = seen.queue_limit > 0 ? seen.queue_limit : kQueueLimitGuess;
  const double slo_s = seconds(objective.slo_latency);
  if (!curve_ || !curve_->fits(service, seen.concurrency, limit, slo_s)) {
    curve_.emplace(service, seen.concurrency, limit, slo_s);
  }
  Interval interval;
  if (last_) {
    interval.length_s =
        seconds(std::clamp<Duration>(seen.now - *last_, Duration{0}, 2 * seen.interval));
  }
  const int served_by = std::min(ready_, ready);
  last_ = seen.now;
  ready_ = ready;
  if (interval.length_s <= 0) return interval;
  interval.arrivals = seen.arrival_rate * interval.length_s;
  FluidQueue queue(*curve_, backlog_);
  interval.tick = queue.advance(interval.arrivals, served_by, interval.length_s);
  backlog_ = queue.backlog();
  const double by_chance =
      waiting_by_chance(seen.arrival_rate, service, served_by * seen.concurrency);
  interval.queued = std::min<double>(limit, backlog_ + by_chance);
  return interval;
}

int OutcomeEstimate::let_go(int held) { return std::max(0, std::exchange(held_, held) - held); }

ShadowOutcome acting_outcome(OutcomeEstimate& estimate, const Observation& seen,
                             const Objective& objective) {
  const auto interval = estimate.advance(seen, objective, seen.ready);
  ShadowOutcome outcome;
  outcome.acting = true;
  outcome.ready = seen.ready;
  const int held = seen.ready + seen.starting;
  outcome.replica_s = held * interval.length_s + estimate.let_go(held) * seconds(seen.release);
  outcome.arrivals = interval.arrivals;
  outcome.missed = interval.tick.missed;
  outcome.missed_actual = seen.missed_rate * interval.length_s;
  return outcome;
}

void ShadowPolicy::settle(TimePoint now) {
  while (!starting_.empty() && starting_.front() <= now) {
    starting_.pop_front();
    ++ready_;
  }
  while (!terminating_.empty() && terminating_.front() <= now) terminating_.pop_front();
}

Observation ShadowPolicy::imagined(const Observation& seen,
                                   const OutcomeEstimate::Interval& interval) const {
  Observation o = seen;
  o.ready = ready_;
  o.starting = static_cast<int>(starting_.size());
  o.unmeasured = 0;
  if (interval.length_s <= 0) return o;  // the real replicas' load is all that there is
  o.utilization = interval.tick.utilization;
  o.queued = interval.queued;
  o.in_flight = interval.queued + o.utilization * ready_ * seen.concurrency;
  o.missed_rate = interval.tick.missed / interval.length_s;
  return o;
}

void ShadowPolicy::scale_to(int wished, const Observation& seen) {
  int more = wished - ready_ - static_cast<int>(starting_.size());
  for (; more > 0; --more) starting_.push_back(seen.now + seen.cold_start);
  // A shorter cold start may have been measured since the last start.
  std::sort(starting_.begin(), starting_.end());
  for (; more < 0; ++more) {
    // What serves nobody yet goes first, the youngest of all.
    if (!starting_.empty()) {
      starting_.pop_back();
    } else if (ready_ > 0) {
      --ready_;
    }
    if (seen.release > Duration{0}) terminating_.push_back(seen.now + seen.release);
  }
}

ShadowOutcome ShadowPolicy::decide(const Observation& seen, const Objective& objective) {
  if (!begun_) {
    ready_ = seen.ready;
    starting_.assign(static_cast<std::size_t>(std::max(0, seen.starting)),
                     seen.now + seen.cold_start);
    begun_ = true;
  }
  settle(seen.now);
  const auto interval = estimate_.advance(seen, objective, ready_);
  ShadowOutcome outcome;
  outcome.policy = policy_->name();
  outcome.ready = ready_;
  const auto held = static_cast<double>(ready_) + static_cast<double>(starting_.size()) +
                    static_cast<double>(terminating_.size());
  outcome.replica_s = held * interval.length_s;
  outcome.arrivals = interval.arrivals;
  outcome.missed = interval.tick.missed;
  const int wished = policy_->decide(imagined(seen, interval), objective).replicas;
  outcome.wished = std::max(0, wished);
  scale_to(outcome.wished, seen);
  return outcome;
}

}  // namespace starling
