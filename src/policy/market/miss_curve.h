// How often requests miss their SLO at a steady rate, by the number of replicas: overload included.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "policy/policy.h"

namespace starling {

/// Requests that may wait, where the gateway's limit is not known.
constexpr int kQueueLimitGuess = 50;

/// P(a request is refused or answered later than `limit_s`) in the steady state of `servers` slots
/// with room for `queue_limit` waiting requests, under Poisson arrivals. The number in the system
/// is M/M/c/K's, with the ratio of neighbouring probabilities beyond c raised to 2/(1 + scv), as
/// Allen and Cunneen scale a wait; refusals follow from the balance of flows. A wait behind j
/// others and the service together are taken as lognormal by their mean and variance. Held to the
/// request-level simulator in sim/miss_curve_test.cc. O(servers + min(queue_limit, 200)).
double miss_share(double arrival_rate, const ServiceTime& service, int servers, int queue_limit,
                  double limit_s);

/// miss_share of one model, tabulated over the square root of the rate as it is asked for.
class MissCurve {
 public:
  MissCurve(const ServiceTime& service, int concurrency, int queue_limit, double limit_s);

  /// Linear between the table's points. 1 without replicas.
  double at(double arrival_rate, int replicas) const;
  int queue_limit() const { return queue_limit_; }
  /// Requests a second that so many replicas can serve.
  double service_rate(int replicas) const {
    return replicas * concurrency_ / service_.occupied_s();
  }
  /// What the SLO leaves for waiting, beside the mean service.
  double slack_s() const { return limit_s_ > service_.mean_s ? limit_s_ - service_.mean_s : 0; }
  /// Requests missed a second: Σ share · rate · at(rate). `roots` are the rates' square roots.
  double missed(std::span<const double> roots, std::span<const double> shares, int replicas) const;
  /// Whether it still stands for a service time that was measured anew: within 5 %.
  bool fits(const ServiceTime& service, int concurrency, int queue_limit, double limit_s) const;

 private:
  static constexpr int kPoints = 96;
  double highest_rate(int replicas) const;
  const std::vector<double>& row(int replicas) const;

  ServiceTime service_;
  int concurrency_;
  int queue_limit_;
  double limit_s_;
  mutable std::map<int, std::vector<double>> rows_;  // by replicas
};

}  // namespace starling
