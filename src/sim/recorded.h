// What a fleet lived through, as its history tells it, made into a scenario to be replayed.
#pragma once

#include <string>
#include <vector>

#include "base/latency_histogram.h"
#include "manifest/model_spec.h"
#include "sim/replay.h"
#include "sim/scenario.h"

namespace starling {

/// One model over the span.
struct RecordedModel {
  ModelSpec spec;
  std::vector<double> demand;         // requests in each step of the span
  double service_mean_s = 0;          // for so long a request keeps a slot; 0: not measured
  double in_model_s = 0;              // of this, in the model itself
  double service_scv = 0;             // variance / mean²
  std::vector<double> cold_starts_s;  // as measured
  int initial = 0;                    // replicas when the span began

  /// What became of the span's requests, and what its replicas took.
  std::uint64_t completed = 0, failed = 0;
  std::uint64_t judged = 0, within_slo = 0;  // of the answered, those whose SLO was known
  double latency_sum_s = 0;
  double replica_s = 0;
  double core_s = 0;  // of CPU that its replicas held …
  double cpu_s = 0;   // … and used
  double cost = 0;
  std::uint64_t scale_actions = 0;
};

/// The fleet over a span of its history.
struct Recorded {
  std::string name;
  Duration step{1s};
  Duration decision_interval{2s};
  std::vector<ScenarioNode> nodes;
  std::vector<RecordedModel> models;  // their demands are of equal length
  LatencyHistogram latency;           // of all models' answers
};

/// The scenario: each step's exact number of requests, spread over it by chance; lognormal service
/// times of the measured mean and variation; each start takes one of the measured cold starts;
/// nodes as they are, none lost. Where the spec's sizing is `auto` replicas begin with the mean
/// size that they had, and a request's CPU time is what all of them used by the requests answered.
/// Errors: nothing to replay, a model of which no service time or cold start was measured, a
/// replica that no node has room for, a span shorter than a cold start.
Result<Scenario> scenario_of(const Recorded& recorded);

/// What really happened, named "measured", in a replay's figures; without its models.
ReplayOutcome measured_outcome(const Recorded& recorded);

}  // namespace starling
