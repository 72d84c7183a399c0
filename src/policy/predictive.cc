#include "policy/predictive.h"

#include <algorithm>
#include <cmath>

#include "base/units.h"
#include "policy/queueing.h"

namespace starling {
namespace {

constexpr int kReplicasMax = 100'000;
constexpr int kCandidatesAround = 2;  // shown below and above the choice

/// Replicas that the measured arrivals, and the queue spread over `drain_s`, keep busy.
int needed_now(const Observation& observation, double drain_s) {
  const double rate = observation.arrival_rate + observation.queued / drain_s;
  const double replicas =
      std::ceil(rate * observation.service.occupied_s() / observation.concurrency);
  return static_cast<int>(std::clamp<double>(replicas, 0, kReplicasMax));
}

}  // namespace

double demand_level(double slo_percentile, double headroom) {
  constexpr double kMissedBeyond = 1.0 / 3;  // share of requests, where demand exceeds the quantile
  constexpr double kLevelMin = 0.5;
  const double level = 1 - (1 - slo_percentile / 100) / kMissedBeyond;
  const double bounded = std::clamp(level, kLevelMin, kLevelMax);
  const double odds = bounded / (1 - bounded) * std::exp(headroom);
  return std::min(kLevelMax, odds / (1 + odds));
}

double PredictivePolicy::level(double slo_percentile, double headroom) const {
  const double least = std::min(options_.level_min, demand_level(slo_percentile, 0));
  return std::max(least,
                  demand_level(slo_percentile, options_.headroom + headroom + budget_.headroom()));
}

bool is_surge(double arrival_rate, double planned_rate, Duration interval) {
  constexpr double kDeviations = 2;  // of a Poisson count
  return arrival_rate >
         planned_rate + kDeviations * std::sqrt(planned_rate / std::max(1e-6, seconds(interval)));
}

PredictivePolicy::Plan PredictivePolicy::plan_for(const Observation& observation,
                                                  double level) const {
  const Duration lead = observation.cold_start + observation.interval;
  Plan plan;
  if (outlook_.learned()) {
    plan.rate = outlook_.quantile(level);
    plan.source = fmt::format("at most {:.1f} req/s expected (p{:.3g}) {:.0f} s ahead", plan.rate,
                              level * 100, seconds(outlook_.reach()));
    if (observation.forecast != nullptr) {
      plan.source += fmt::format(", {} heard", observation.forecast->method);
    }
    if (is_surge(observation.arrival_rate, plan.rate, observation.interval)) {
      // What nobody foresaw has begun: it is planned for as it is, not as a queue to work off.
      plan.source += fmt::format(", but {:.1f} arrive", observation.arrival_rate);
      plan.rate = observation.arrival_rate;
    }
  } else if (observation.forecast != nullptr) {
    plan.rate = observation.forecast->peak(observation.now, observation.now + lead,
                                           options_.first_quantile);
    plan.source = fmt::format("{} forecasts at most {:.1f} req/s (p{:g}) within {:.1f} s",
                              observation.forecast->method, plan.rate,
                              options_.first_quantile * 100, seconds(lead));
  } else {
    plan.rate = observation.arrival_rate * options_.margin_unforecast;
    plan.source = fmt::format("{:.1f} req/s now × {:g}", observation.arrival_rate,
                              options_.margin_unforecast);
  }
  return plan;
}

bool PredictivePolicy::idle(const Observation& observation, const Plan& plan) const {
  if (observation.arrival_rate > 0 || observation.in_flight > 0) return false;
  const Duration window =
      std::max(observation.cold_start + observation.interval, options_.idle_window);
  if (!outlook_.learned()) return plan.rate * seconds(window) < options_.idle_requests;
  // The upper quantiles remember for an hour what was; whether anything comes, the middle knows.
  return (!last_arrival_ || observation.now - *last_arrival_ >= window) &&
         outlook_.quantile(0.5) * seconds(window) < options_.idle_requests;
}

void PredictivePolicy::hold(Allocation& allocation, const Observation& observation, double scale) {
  wishes_.push_back({observation.now, allocation.replicas});
  const Duration window = from_seconds(seconds(outlook_.reach()) * scale);
  while (observation.now - wishes_.front().at > window) wishes_.pop_front();
  const auto highest =
      std::max_element(wishes_.begin(), wishes_.end(),
                       [](const Wish& a, const Wish& b) { return a.replicas < b.replicas; });
  const int kept = std::min(highest->replicas, observation.ready + observation.starting);
  if (kept <= allocation.replicas) return;
  allocation.guards.push_back(
      {"needed-later",
       fmt::format("{} were wished {:.0f} s ago, for a time still to come", highest->replicas,
                   seconds(observation.now - highest->at)),
       allocation.replicas, kept});
  allocation.replicas = kept;
}

void PredictivePolicy::observe(const Observation& observation, const Objective& objective) {
  outlook_.observe(observation);
  budget_.observe(observation.arrival_rate, observation.missed_rate, objective.slo_percentile,
                  observation.interval);
  if (observation.arrival_rate > 0) last_arrival_ = observation.now;
}

Allocation PredictivePolicy::decide_observed(const Observation& observation,
                                             const Objective& objective,
                                             const Correction& correction) {
  Allocation allocation;
  const Plan plan = plan_for(observation, level(objective.slo_percentile, correction.headroom));
  allocation.planned_rate = plan.rate;
  const bool idle_now = idle(observation, plan);
  const Sizing sizing = idle_now ? Sizing{}
                                 : size_for(plan.rate, observation.service, observation.concurrency,
                                            objective, kReplicasMax);
  allocation.replicas = sizing.replicas;

  if (observation.forecast == nullptr) {
    allocation.guards.push_back(
        {"no-forecast", "no fresh forecast: " + plan.source, sizing.replicas, sizing.replicas});
  }
  if (sizing.unreachable) {
    allocation.guards.push_back(
        {"slo-unreachable",
         fmt::format(
             "service of {:.0f} ms on average misses {} too often at any number of replicas: "
             "{} is where one more gains less than 0.1 point",
             observation.service.mean_s * 1e3, format_duration(objective.slo_latency),
             sizing.replicas),
         sizing.replicas, sizing.replicas});
  }

  const double drain_s = std::max(seconds(objective.slo_latency),
                                  options_.drain_intervals * seconds(observation.interval));
  const int now_needs = needed_now(observation, drain_s);
  if (now_needs > allocation.replicas) {
    allocation.guards.push_back({"current-load",
                                 fmt::format("{:.1f} req/s arrive and {:.1f} wait now",
                                             observation.arrival_rate, observation.queued),
                                 allocation.replicas, now_needs});
    allocation.replicas = now_needs;
  }
  if (idle_now) {
    wishes_.clear();
    allocation.reason = fmt::format("idle: {}", plan.source);
    return allocation;
  }
  hold(allocation, observation, std::exp(correction.hold));
  weigh(allocation, plan, observation, objective);
  return allocation;
}

void PredictivePolicy::weigh(Allocation& allocation, const Plan& plan,
                             const Observation& observation, const Objective& objective) const {
  const auto missed_by = [&](int replicas) {
    return miss_probability(plan.rate, observation.service, replicas * observation.concurrency,
                            seconds(objective.slo_latency));
  };
  const int first = std::max(1, allocation.replicas - kCandidatesAround);
  for (int replicas = first; replicas <= allocation.replicas + kCandidatesAround; ++replicas) {
    allocation.candidates.push_back({replicas, missed_by(replicas)});
  }
  allocation.reason =
      fmt::format("{}: with {} replicas, {} is missed by {:.2f} % of requests (allowed {:g} %)",
                  plan.source, allocation.replicas, format_duration(objective.slo_latency),
                  missed_by(allocation.replicas) * 100, 100 - objective.slo_percentile);
}

}  // namespace starling
