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

Allocation PredictivePolicy::decide(const Observation& observation, const Objective& objective) {
  Allocation allocation;
  const Duration lead = observation.cold_start + observation.interval;
  double rate = 0;
  std::string source;
  if (observation.forecast != nullptr) {
    rate = observation.forecast->peak(observation.now, observation.now + lead, options_.quantile);
    source =
        fmt::format("{} forecasts at most {:.1f} req/s (p{:g}) within {:.1f} s",
                    observation.forecast->method, rate, options_.quantile * 100, seconds(lead));
  } else {
    rate = observation.arrival_rate * options_.margin_unforecast;
    source = fmt::format("{:.1f} req/s now × {:g}", observation.arrival_rate,
                         options_.margin_unforecast);
  }
  allocation.planned_rate = rate;

  const bool idle = rate * seconds(std::max(lead, options_.idle_window)) < options_.idle_requests &&
                    observation.arrival_rate <= 0 && observation.in_flight <= 0;
  const Sizing sizing =
      idle ? Sizing{}
           : size_for(rate, observation.service, observation.concurrency, objective, kReplicasMax);
  allocation.replicas = sizing.replicas;

  if (observation.forecast == nullptr) {
    allocation.guards.push_back(
        {"no-forecast", "no fresh forecast: " + source, sizing.replicas, sizing.replicas});
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

  if (idle) {
    allocation.reason = fmt::format("idle: {}", source);
    return allocation;
  }
  const int first = std::max(1, allocation.replicas - kCandidatesAround);
  for (int replicas = first; replicas <= allocation.replicas + kCandidatesAround; ++replicas) {
    allocation.candidates.push_back(
        {replicas, miss_probability(rate, observation.service, replicas * observation.concurrency,
                                    seconds(objective.slo_latency))});
  }
  const double miss =
      miss_probability(rate, observation.service, allocation.replicas * observation.concurrency,
                       seconds(objective.slo_latency));
  allocation.reason =
      fmt::format("{}: with {} replicas, {} is missed by {:.2f} % of requests (allowed {:g} %)",
                  source, allocation.replicas, format_duration(objective.slo_latency), miss * 100,
                  100 - objective.slo_percentile);
  return allocation;
}

}  // namespace starling
