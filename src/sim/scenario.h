// The kind Scenario: models, a trace and a capacity to replay them in simulation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "manifest/model_spec.h"
#include "sim/distribution.h"
#include "trace/series.h"

namespace starling {

/// That a scenario may have, or a model of it.
inline constexpr int kReplicasMax = 100'000;

/// How an interval's count becomes instants.
enum class Arrivals {
  kPoisson,   // a Poisson process of the interval's mean rate
  kEven,      // the count, evenly spaced, half a gap from the interval's ends
  kCounted,   // the count: the first at the start, then exponential gaps of mean interval/count,
              // over the end
  kRecorded,  // the count at the interval's start: for traces whose step is fine enough to hold the
              // instants
  kBursty,    // gaps are gamma distributed with a squared coefficient of variation `scv`, in units
              // of the demand: over many requests the counts' index of dispersion is scv, too (Cox,
              // Renewal Theory, 1962), and scv 1 is Poisson; so are bursts made in AlpaServe (Li et
              // al., OSDI 2023)
};

/// Room for replicas, and what it costs; prices are money an hour.
struct ScenarioNode {
  std::string name, cloud, region, zone;
  std::int64_t cpu_millis = 0;
  std::int64_t memory_bytes = 0;
  double price_per_cpu_hour = 0;  // of a core …
  double price_per_gib_hour = 0;  // … and of a GiB
};

/// A node that is taken away: no new replicas from the notice on, none at all from the stop on.
struct ScenarioEviction {
  std::size_t node = 0;  // its place in Scenario::nodes
  double notice_s = 0;   // seconds from the trace's start
  double stop_s = 0;     // the same, its replicas are lost
  double back_s = 0;     // the same, it takes replicas again
};

/// A slot that becomes free takes up to `max` waiting requests together; b of them take
/// 1 + marginal·(b − 1) times as long as one, and finish together.
struct Batching {
  int max = 1;
  double marginal = 0;
};

/// One model: its requests, its replicas and what they serve.
struct ScenarioModel {
  std::string name;
  Distribution service_time;
  Slo slo;
  Duration cold_start{};  // what policies are told: the 90th percentile where it varies
  Duration warm_start{};  // of a replica that is taken back while it terminates
  std::optional<Distribution> cold_start_law;  // drawn for each start; none: always `cold_start`
  std::optional<Distribution> warm_start_law;
  Duration release{};   // for so long a removed replica holds its room at least
  int queue_limit = 0;  // waiting requests; one more is dropped
  Admission admission = Admission::kQueue;
  int concurrency = 1;  // requests a replica serves at once
  Batching batch;
  Duration mean_time_between_failures{};  // of each ready replica, exponential; 0: it never fails
  ReplicaLimits replicas;
  int initial = 0;      // replicas that are ready at the trace's start
  double priority = 1;  // how many of another's misses one of its own counts for
  Resources resources;  // what a replica holds of a node; with sizing `auto` only the first size
  /// The CPU time of a mean request, a part of its service time; 0: not known, and a replica serves
  /// as fast whatever its size and however many at once.
  double cpu_s_per_request = 0;
  std::int64_t memory_use_bytes = 0;  // of a replica; 0: not known
  SizingSpec sizing;
  std::vector<double> demand;  // requests in each interval of the trace
};

/// The whole of a scenario file, and of the trace that it names.
struct Scenario {
  std::string name;
  Duration trace_interval{1min};
  Arrivals arrivals = Arrivals::kPoisson;
  double arrivals_scv = 1;  // of bursty arrivals
  std::uint64_t seed = 42;
  Duration decision_interval{10s};
  /// `capacity: { replicas: n }` is one node that fits n replicas at a price of 1 per replica-hour.
  /// Of a node's price one half is for its CPU, the other for its memory.
  std::vector<ScenarioNode> nodes;
  std::optional<Distribution> routing;  // of each way
  std::vector<ScenarioModel> models;
  std::vector<ScenarioEviction> evictions;

  /// The number of replicas that the nodes hold together when each model takes the same number.
  int replicas_total() const;
};

/// Reads a scenario and its trace, whose path is relative to the scenario's folder. A missing point
/// of the trace repeats the last known one. Errors: file, line, key and what was expected; unknown
/// keys; a model without a workload in the trace; initial replicas that do not fit the capacity.
Result<Scenario> read_scenario(const std::string& path);

/// The same of a scenario that is not in a file yet: its text, and the series of its trace. `file`
/// is only used in messages.
Result<Scenario> parse_scenario(const std::string& text, const std::string& file,
                                const std::vector<Series>& trace);

}  // namespace starling
