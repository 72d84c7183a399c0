// The learned policy's weights, trained and judged on the demand that one node has seen.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "policy/learned/policy_net.h"
#include "sim/workload_tape.h"
#include "trace/series.h"

namespace starling::agent {

/// All weights, one after the other, and what tells their layout apart.
std::vector<float> weights_of(const PolicyNet& net);
std::uint64_t architecture_of(const PolicyNet& net);
/// `like` with other weights, as many as it has.
std::shared_ptr<const PolicyNet> with_weights(const PolicyNet& like,
                                              const std::vector<float>& weights);

/// Windows of a node's demand under services drawn at random (sim/training_tapes.h).
struct PolicyTapes {
  using Tapes = std::vector<std::shared_ptr<const WorkloadTape>>;
  Tapes train;  // of the older three quarters; empty where there is too little
  Tapes judge;  // of the newest quarter
};

/// Workloads with less than an hour of known demand are left out. Errors: none is left.
Result<PolicyTapes> policy_tapes(const std::vector<Series>& usage, std::uint64_t seed);

/// What PPO makes of the weights in some updates on `tapes`, or until `go_on` says no: first the
/// critics alone, then the policy, at a third of the rate that the shipped weights were trained
/// with and with little exploration, for it has something to lose.
Result<std::shared_ptr<const PolicyNet>> train_policy(std::shared_ptr<const PolicyNet> start,
                                                      const PolicyTapes::Tapes& tapes,
                                                      std::uint64_t seed,
                                                      const std::function<bool()>& go_on);

/// Whether every weight is finite and of a size that sums of them stay finite with.
bool usable(const std::vector<float>& weights);

/// PolicyScore::loss() on these tapes.
double policy_loss(const PolicyNet& net, const PolicyTapes::Tapes& tapes);

}  // namespace starling::agent
