// How well corrections do on workloads, in the environment that they were learned in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/learned/policy_net.h"
#include "sim/workload_tape.h"

namespace starling {

/// Means over the workloads, each played once from its start.
struct PolicyScore {
  std::string name;
  double cost = 0;    // replica time, 1 = what the queueing model needs for the true rate
  double missed = 0;  // share of requests
  double missed_of_allowed = 0;  // 1 = exactly as many as the SLO allows, at most 5 a workload
  double within_slo = 0;         // share of workloads that miss no more than their SLO allows
  double churn = 0;              // replicas started or stopped an hour, over those needed

  /// One figure to compare by, the less the better: cost, churn as the training weighs it, and 0.3
  /// of the needed replicas for as many misses as are allowed.
  double loss() const { return cost + 0.05 * churn / 360 + 0.3 * missed_of_allowed; }
};

/// The queueing decision with the network's corrections; a null network corrects nothing.
PolicyScore evaluate_policy(const std::string& name, const PolicyNet* net,
                            const std::vector<std::shared_ptr<const WorkloadTape>>& tapes);

/// A line a policy.
std::string policy_scores_table(const std::vector<PolicyScore>& scores);

}  // namespace starling
