// One policy on virtual time, for the tests of the peers.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>

#include "policy/make_policy.h"

namespace starling {

inline Objective limits_for_tests(int min, int max) {
  Objective objective;
  objective.slo_latency = 500ms;
  objective.min = min;
  objective.max = max;
  return objective;
}

/// Replicas are ready as soon as they are asked for, unless `hold` says how many there are.
class Replicas {
 public:
  using Observe = std::function<void(Observation&)>;

  Replicas(std::unique_ptr<Policy> policy, int ready, Duration interval,
           Objective objective = limits_for_tests(0, 1000))
      : policy_(std::move(policy)), objective_(objective), interval_(interval) {
    seen_.ready = ready;
    seen_.interval = interval;
    seen_.now = TimePoint{std::chrono::seconds(1'700'000'000)};
    seen_.service = {0.1, 1, 0};
  }

  /// From now on so many are ready and starting, whatever is asked for.
  Replicas& hold(int ready, int starting = 0) {
    held_ = true;
    seen_.ready = ready;
    seen_.starting = starting;
    return *this;
  }

  /// Lets so much time pass with `observe` setting what is seen; what is asked for at its end.
  int pass(Duration time, const Observe& observe) {
    for (const TimePoint end = seen_.now + time; seen_.now < end;) {
      seen_.now += interval_;
      observe(seen_);
      last_ = policy_->decide(seen_, objective_);
      if (!held_) seen_.ready = last_.replicas;
    }
    return last_.replicas;
  }
  const Allocation& last() const { return last_; }

 private:
  std::unique_ptr<Policy> policy_;
  Objective objective_;
  Duration interval_;
  Observation seen_;
  Allocation last_;
  bool held_ = false;
};

inline std::unique_ptr<Policy> peer(const std::string& name, const PolicyOptions& options = {}) {
  return std::move(*make_policy(name, options));
}

/// Requests that take 0.1 s each.
inline Replicas::Observe in_flight(double requests, int concurrency = 1) {
  return [=](Observation& seen) {
    seen.in_flight = requests;
    seen.arrival_rate = requests * 10;
    seen.concurrency = concurrency;
    seen.utilization = seen.ready > 0 ? std::min(1.0, requests / seen.ready / concurrency) : 0;
  };
}

}  // namespace starling
