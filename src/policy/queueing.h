// Queueing formulas: how many replicas a load needs so that a request still meets its SLO.
#pragma once

#include "policy/policy.h"

namespace starling {

/// Erlang's loss formula B(c, a): the share of requests refused by `servers` without a queue, under
/// `offered_load` = arrival rate × mean service time. B(c, 0) = 0 and B(0, a) = 1. O(servers).
double erlang_b(int servers, double offered_load);

/// Erlang's delay formula C(c, a): the share of requests that wait in M/M/c. 1 once a ≥ c.
double erlang_c(int servers, double offered_load);

/// Mean wait in M/M/c; infinite once saturated.
double mmc_mean_wait_s(double arrival_rate, double service_mean_s, int servers);

/// P(wait + service > limit) in M/G/c. The wait's tail is M/M/c's with its time constant scaled by
/// (1 + scv)/2 (Allen & Cunneen); the service time is taken as lognormal with the given mean and
/// scv, and the tail is integrated over it. Load and wait are of the time that a request occupies a
/// server, `occupied_s`. 1 once saturated or without servers.
double miss_probability(double arrival_rate, const ServiceTime& service, int servers,
                        double limit_s);

/// The number of replicas that the model recommends for one arrival rate.
struct Sizing {
  int replicas = 0;
  double miss_probability = 1;
  /// The service time alone misses the SLO too often: `replicas` is the knee, not a solution.
  bool unreachable = false;
};

/// The smallest number of replicas whose miss probability is at most 1 − percentile/100. If there
/// is none: the smallest number, of those that keep utilisation at 90 % or less, beyond which one
/// more replica would lower the miss probability by less than 0.1 point. 0 for no load; at most
/// `limit`.
Sizing size_for(double arrival_rate, const ServiceTime& service, int concurrency,
                const Objective& objective, int limit = 100'000);

}  // namespace starling
