// What went on in a simulation, decision by decision: for charts and for tables.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "sim/model_queue.h"

namespace starling {

/// One model at one decision. All but `wished` and `planned_rate`, which the decision gave, are of
/// the interval that ends with it; replicas are as it found them.
struct TimelinePoint {
  double time_s = 0;
  double arrival_rate = 0;  // requests a second
  double planned_rate = 0;
  int wished = 0;
  int ready = 0;
  int starting = 0;
  double replica_cores = 0;  // of CPU that a replica has, in the mean
  double utilization = 0;
  double in_flight = 0;      // in service and waiting, on average
  std::uint64_t missed = 0;  // dropped, rejected, or begun to be served and certain to be late
  double latency_mean_s = 0, latency_p50_s = 0,
         latency_p95_s = 0;  // of those whose service began; NaN where none did
};

/// models[i][k]: decision k of the scenario's model i.
struct Timeline {
  std::vector<std::vector<TimelinePoint>> models;
};

/// What a caller sees of a simulation while it runs; what is left out costs nothing.
struct SimulationWatch {
  Timeline* timeline = nullptr;                // filled anew
  std::function<void(double share)> progress;  // 0 … 1 of the trace, after each decision
};

/// Fills a timeline from each model's running totals.
class TimelineRecorder {
 public:
  /// `timeline` may be null: nothing is recorded then.
  TimelineRecorder(Timeline* timeline, std::size_t models);

  /// Adds a model's decision at `time_s`, seconds from the trace's start, by what was observed,
  /// what was decided and the totals up to then.
  void record(std::size_t model, double time_s, double replica_cores,
              const Observation& observation, const Allocation& allocation,
              const QueueTotals& totals);

 private:
  Timeline* timeline_;
  std::vector<QueueTotals> before_;  // each model's at its last decision
};

/// The heading of timeline_rows, with its line's end.
std::string timeline_heading();

/// CSV (RFC 4180, lines end in \n), a row a decision, models in their order. A figure that is not
/// known is an empty cell.
std::string timeline_rows(const std::string& policy, std::uint64_t seed,
                          const std::vector<std::string>& models, const Timeline& timeline);

}  // namespace starling
