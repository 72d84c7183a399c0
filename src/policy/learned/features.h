// What the learned policy sees: one decision as a row of numbers of about unit size.
#pragma once

#include <array>
#include <cstddef>

#include "policy/predictive.h"

namespace starling {

/// The state of one model at one decision, in the units that the environment and a live decision
/// both have.
struct DecisionState {
  double arrival_rate = 0;  // requests a second over the last interval
  double missed_rate = 0;   // of these, refused or late
  double backlog = 0;       // requests waiting
  double utilization = 0;   // of the ready replicas' slots
  int ready = 0;
  int starting = 0;
  int needed = 0;               // by the queueing model for `planned`
  double planned = 0;           // requests a second at the uncorrected quantile
  double median = 0, high = 0;  // the outlook's 0.5 and kLevelMax quantiles
  double hours_saved = 0;       // of the error budget
  double missed_share = 0;      // FadingMisses
  double since_rise_s = 0;      // since replicas were last added
  int size = 0;                 // steps of CPU of the ready replicas from the decided size …
  int size_least = 0;           // … and the fewest that what they use leaves room for
};

/// Of the misses that a policy network sees.
constexpr Duration kMissesFading = std::chrono::minutes(30);

/// What does not change from decision to decision.
struct DecisionSetting {
  double service_mean_s = 0.05;
  double service_scv = 1;
  double slo_latency_s = 0.15;
  double slo_percentile = 99;
  double cold_start_s = 35;
  double interval_s = 10;
  int queue_limit = 50;
  int concurrency = 1;
  /// CPU time over service time, at the size that is decided for the SLO and its price; 0: the size
  /// is not decided.
  double cpu_share = 0;
};

constexpr std::size_t kPolicyFeatures = 21;
constexpr std::size_t kPolicyActions = 3;  // headroom, hold, size
using PolicyFeatures = std::array<float, kPolicyFeatures>;
using PolicyAction = std::array<float, kPolicyActions>;

/// Makes the row of each decision of one model; what its setting alone says is worked out once.
class PolicyFeaturizer {
 public:
  PolicyFeaturizer() : PolicyFeaturizer(DecisionSetting{}) {}
  explicit PolicyFeaturizer(const DecisionSetting& setting);
  /// `previous_action`: that of the decision before, zero at first.
  PolicyFeatures operator()(const DecisionState& state, const PolicyAction& previous_action) const;

 private:
  double service_mean_s_, concurrency_, queue_limit_;
  double missed_allowed_;  // share of requests
  float cold_start_, slo_, service_scv_, cpu_share_;
};

/// An action in [−1, 1] as a correction of the queueing decision; zero is none.
Correction correction_of(const PolicyAction& action);

}  // namespace starling
