// Scenario × policy → how well it went: the figures that `starling-lab replay` and the demo report.
#pragma once

#include <string>
#include <vector>

#include "policy/make_policy.h"
#include "sim/request_sim.h"

namespace starling {

/// One policy's run over all models; costs in the nodes' money.
struct ReplayOutcome {
  std::string policy;
  std::uint64_t requests = 0;
  double slo_attainment = 0;  // share of all requests answered within their SLO; a drop or a
                              // rejection has missed
  double slo_attainment_model_mean = 0;  // the mean of the models' shares
  std::uint64_t dropped = 0;
  std::uint64_t rejected = 0;
  double slo_attainment_admitted = 0;  // of the requests that were not rejected
  bool admission = false;              // some model rejects
  double latency_mean_ms = 0, latency_p50_ms = 0, latency_p95_ms = 0,
         latency_p99_ms = 0;  // of served ones
  double utilization =
      0;  // service time / (replica time × concurrency): what of the paid-for time was used
  double replica_hours = 0;
  double core_hours = 0;  // of CPU held
  double cost = 0;
  std::uint64_t scale_actions = 0;   // decisions that started or stopped at least one replica
  std::uint64_t size_changes = 0;    // decisions that gave replicas another size
  bool sized = false;                // the sizes of some model's replicas may change
  std::vector<ModelOutcome> models;  // in the scenario's order
};

/// Policies that a replay knows: those of policy/make_policy.h and, given the whole scenario,
///   fair-share   the capacity split evenly, within each model's limits
///   round-robin  the capacity dealt to the models in turn, up to each one's maximum
///   static-peak  what the queueing model recommends for the highest rate of the model's trace
///   static-mean  the same for its mean rate
///   oracle       the demand is known: policy/oracle.h
///   exchange-oracle  predictive, and its values of replicas know the demand
/// The first four start with their number; all others with the scenario's `initial`. Those and
/// oracle choose for replicas of the first size, which they keep. Those with a knob (policy/knob.h)
/// may be named with a target of their own: "hpa@0.5".
const std::vector<std::string>& replay_policies();

/// Whether a replay knows the policy; the error names the nearest.
Status check_replay_policy(const std::string& policy);

/// Runs the scenario under one policy. `forecaster` goes to those that use a forecast
/// ("predictive", "learned", "greedy"). Errors: an unknown policy, the forecaster's.
Result<ReplayOutcome> replay(const Scenario& scenario, const std::string& policy,
                             const Forecaster* forecaster, std::uint64_t seed,
                             const SimulationWatch& watch = {}, const PolicyOptions& options = {});

}  // namespace starling
