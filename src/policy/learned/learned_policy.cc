// Implements policy/learned/learned_policy.h.
#include "policy/learned/learned_policy.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "policy/market/miss_curve.h"
#include "policy/queueing.h"

namespace starling {
namespace {

constexpr Duration kLongAgo{std::chrono::minutes(10)};

/// From a size to another, in steps of Correction::size.
double steps_between(double cores, double other) {
  return cores > 0 && other > 0 ? std::log(other / cores) / std::log(kSizeStep) : 0;
}

/// Puts what the size of replicas is like into the state and the setting.
void put_size(const ObservedSize& size, DecisionState& state, DecisionSetting& setting) {
  const double on_cpu_s = size.cpu_s_per_request / std::min(1.0, size.decided_cores);
  setting.cpu_share = std::min(1.0, on_cpu_s / setting.service_mean_s);
  const auto steps = [&](double cores, const auto& rounded) {
    return std::clamp(static_cast<int>(rounded(steps_between(size.decided_cores, cores))),
                      -kSizeStepsMax, kSizeStepsMax);
  };
  state.size = steps(size.cores, [](double x) { return std::round(x); });
  state.size_least = std::min(0, steps(size.least_cores, [](double x) { return std::ceil(x); }));
}

/// Whether an action of a size would mean anything.
bool sized(const Observation& observation) {
  return observation.size && observation.size->cpu_s_per_request > 0 &&
         observation.size->decided_cores > 0 && observation.size->cores > 0;
}

}  // namespace

DecisionState LearnedPolicy::state_of(const Observation& observation, const Objective& objective) {
  const double dt = seconds(observation.interval);
  misses_.observe(observation.arrival_rate * dt, observation.missed_rate * dt, dt);
  const auto rates =
      base_.outlook().quantiles(std::array{0.5, demand_level(objective.slo_percentile), kLevelMax});
  DecisionState state;
  state.arrival_rate = observation.arrival_rate;
  state.missed_rate = observation.missed_rate;
  state.backlog = observation.queued;
  state.utilization = observation.utilization;
  state.ready = observation.ready;
  state.starting = observation.starting;
  state.median = rates[0];
  state.planned = rates[1];
  state.high = rates[2];
  state.needed = size_for(state.planned, observation.service, observation.concurrency, objective,
                          std::max(1, objective.max))
                     .replicas;
  state.hours_saved = budget_.hours_saved();
  state.missed_share = misses_.share();
  state.since_rise_s = seconds(last_rise_ ? observation.now - *last_rise_ : kLongAgo);
  return state;
}

Allocation LearnedPolicy::decide(const Observation& observation, const Objective& objective) {
  base_.observe(observation);
  // A rise is one of replicas, as in training, not of what was wished for.
  const int held = observation.ready + observation.starting;
  if (seen_ && held > seen_->held) last_rise_ = seen_->at;
  seen_ = {observation.now, held};
  budget_.observe(observation.arrival_rate, observation.missed_rate, objective.slo_percentile,
                  observation.interval);
  PolicyAction action{};
  if (base_.outlook().learned()) {
    DecisionState state = state_of(observation, objective);
    DecisionSetting setting{
        observation.service.mean_s,
        observation.service.scv,
        seconds(objective.slo_latency),
        objective.slo_percentile,
        seconds(observation.cold_start),
        seconds(observation.interval),
        observation.queue_limit > 0 ? observation.queue_limit : kQueueLimitGuess,
        observation.concurrency};
    if (sized(observation)) put_size(*observation.size, state, setting);
    action = net_->act(PolicyFeaturizer(setting)(state, previous_action_), recurrent_state_);
  }
  previous_action_ = action;
  Correction correction = correction_of(action);
  if (!sized(observation)) correction.size = 0;
  Allocation allocation = base_.decide_observed(observation, objective, correction);
  allocation.reason +=
      fmt::format("; policy {} prices replicas ×{:.2f}, holds ×{:.2f}", net_->version,
                  std::exp(-correction.headroom), std::exp(correction.hold));
  if (allocation.cpu_steps != 0)
    allocation.reason += fmt::format(", {:+d} steps of CPU", allocation.cpu_steps);
  return allocation;
}

}  // namespace starling
