#include "policy/predictive.h"

#include <algorithm>
#include <cmath>

#include "base/counted.h"
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

double demand_level(double slo_percentile) {
  constexpr double kMissedBeyond = 1.0 / 3;  // share of requests, where demand exceeds the quantile
  constexpr double kLevelMin = 0.5;
  return std::clamp(1 - (1 - slo_percentile / 100) / kMissedBeyond, kLevelMin, kLevelMax);
}

double replica_price(double slo_percentile, double headroom) {
  constexpr double kAllowances = 10;  // of the SLO, that a replica's price is worth
  constexpr double kPriceMax = 0.7;   // beyond, a model would rather miss all than start one
  return std::min(kPriceMax, kAllowances * (1 - slo_percentile / 100) * std::exp(-headroom));
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
    if (outlook_.surging()) {
      // What nobody foresaw has begun: it is no queue to work off.
      plan.source += fmt::format(", but {:.1f} arrive", observation.arrival_rate);
      plan.rate = std::max(plan.rate, observation.arrival_rate);
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
  const Duration window = from_seconds(seconds(outlook_.reach()) * kWishHeld * scale);
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

void PredictivePolicy::observe(const Observation& observation) {
  outlook_.observe(observation);
  const double interval_s = seconds(observation.interval);
  misses_.observe(observation.arrival_rate * interval_s, observation.missed_rate * interval_s,
                  interval_s);
  if (observation.arrival_rate > 0) last_arrival_ = observation.now;
}

int PredictivePolicy::worth_having(const Observation& observation, const Objective& objective,
                                   double headroom) {
  const double limit_s = seconds(objective.slo_latency);
  const int queue_limit = observation.queue_limit > 0 ? observation.queue_limit : kQueueLimitGuess;
  if (!curve_ ||
      !curve_->fits(observation.service, observation.concurrency, queue_limit, limit_s)) {
    curve_.emplace(observation.service, observation.concurrency, queue_limit, limit_s);
  }
  rates_ = outlook_.rates();
  const double price = replica_price(objective.slo_percentile, headroom) * curve_->service_rate(1);
  return cheapest_replicas(*curve_, rates_.roots, rates_.shares, {&price, 1}, kReplicasMax).front();
}

Allowance making_up(double allowed, double slo_percentile, const MissCurve& curve) {
  constexpr double kHelpsMin = 0.05;  // of the usual price of a replica
  Allowance allowance;
  allowance.share = allowed;
  allowance.gain_min = kHelpsMin * replica_price(slo_percentile, 0) * curve.service_rate(1);
  return allowance;
}

void PredictivePolicy::make_up(Allocation& allocation, const Objective& objective) const {
  const double allowed = (1 - objective.slo_percentile / 100) * std::exp(-options_.headroom);
  if (misses_.share() <= allowed || outlook_.surging()) return;
  const int enough = allowed_replicas(*curve_, rates_.roots, rates_.shares,
                                      making_up(allowed, objective.slo_percentile, *curve_),
                                      allocation.replicas, kReplicasMax);
  if (enough == allocation.replicas) return;
  allocation.guards.push_back(
      {"error-budget",
       fmt::format("{:.1f} % of requests were missed in the last hours, {:.3g} % may be",
                   100 * misses_.share(), 100 * allowed),
       allocation.replicas, enough});
  allocation.replicas = enough;
}

Allocation PredictivePolicy::decide_observed(const Observation& observation,
                                             const Objective& objective,
                                             const Correction& correction) {
  Allocation allocation;
  const Plan plan = plan_for(observation, demand_level(objective.slo_percentile));
  allocation.planned_rate = plan.rate;
  const bool idle_now = idle(observation, plan);
  const Sizing sizing = idle_now ? Sizing{}
                                 : size_for(plan.rate, observation.service, observation.concurrency,
                                            objective, kReplicasMax);
  allocation.replicas = sizing.replicas;
  const bool weighed = outlook_.learned() && !idle_now && !sizing.unreachable;
  if (weighed) {
    allocation.replicas =
        worth_having(observation, objective, options_.headroom + correction.headroom);
    make_up(allocation, objective);
  }

  if (observation.forecast == nullptr) {
    allocation.guards.push_back({"no-forecast", "no fresh forecast: " + plan.source,
                                 allocation.replicas, allocation.replicas});
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
  allocation.cpu_steps = correction.size;
  hold(allocation, observation, std::exp(correction.hold));
  weigh(allocation, plan, weighed, observation, objective);
  return allocation;
}

void PredictivePolicy::weigh(Allocation& allocation, const Plan& plan, bool by_outlook,
                             const Observation& observation, const Objective& objective) const {
  double expected = 0;  // requests a second
  for (std::size_t i = 0; by_outlook && i < rates_.roots.size(); ++i) {
    expected += rates_.shares[i] * rates_.roots[i] * rates_.roots[i];
  }
  const auto missed_by = [&](int replicas) {
    if (expected > 0) return curve_->missed(rates_.roots, rates_.shares, replicas) / expected;
    return miss_probability(plan.rate, observation.service, replicas * observation.concurrency,
                            seconds(objective.slo_latency));
  };
  const int first = std::max(1, allocation.replicas - kCandidatesAround);
  for (int replicas = first; replicas <= allocation.replicas + kCandidatesAround; ++replicas) {
    allocation.candidates.push_back({replicas, missed_by(replicas)});
  }
  allocation.reason =
      fmt::format("{}: with {}, {} is missed by {:.2f} % of requests (allowed {:g} %)", plan.source,
                  counted(allocation.replicas, "replica"), format_duration(objective.slo_latency),
                  missed_by(allocation.replicas) * 100, 100 - objective.slo_percentile);
}

}  // namespace starling
