// What is recorded: plain values, one struct a fact table.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/latency_histogram.h"

namespace starling::history {

/// The place dimension: cloud → region → zone → node.
struct PlaceInfo {
  std::string cloud;
  std::string region;
  std::string zone;
  std::string node;
};

/// The model dimension: tenant → model → version.
struct ModelKey {
  std::string tenant;
  std::string model;
  std::string version;
  bool operator==(const ModelKey&) const = default;
};

/// What the gateway of `node` saw of one model in one second: a row of fact_usage, and one of
/// fact_latency for each bucket that is not empty.
struct UsageFact {
  TimePoint time{};  // start of the second
  ModelKey model;
  std::string node;  // empty: the store's own node, here and in all facts
  std::int64_t arrivals = 0;
  std::int64_t completed = 0;
  std::int64_t failed = 0;
  std::optional<std::int64_t> within_slo = std::nullopt;  // of the completed; none: SLO unknown
  double in_flight = 0;
  double queued = 0;
  LatencyHistogram latency;  // of the answered requests
  int replicas_ready = 0;
  std::optional<double> cpu_cores = std::nullopt;  // nothing where it is not measured
};

/// The whole fleet's requests for one model in one second, as its owner counted them.
struct DemandFact {
  TimePoint time{};
  ModelKey model;
  std::string node;  // the owner
  std::int64_t arrivals = 0;
};

/// Levels 0.05, 0.1, 0.2 … 0.9, 0.95, 0.99, in requests per second.
using ForecastQuantiles = std::array<double, 12>;

/// One forecast of one model: step h is about [origin + h·step, origin + (h+1)·step).
struct ForecastFact {
  TimePoint origin{};
  ModelKey model;
  std::string node;  // the owner, who made it
  std::string method;
  Duration step{1s};
  std::vector<ForecastQuantiles> steps;
};

struct DecisionFact {
  TimePoint time{};
  ModelKey model;
  std::string node;  // the owner, who decided
  std::string policy;
  bool shadow = false;  // would have done, but did not act
  int desired = 0;
  int current = 0;
  std::string reason;
  double planned_rate = 0;             // requests per second
  std::string guards_json = "[]";      // [{guard, detail, from, to}]
  std::string candidates_json = "[]";  // [{replicas, miss_probability}]
  double arrival_rate = 0;             // what was observed, as in Observation
  double in_flight = 0;
  double queued = 0;
  double utilization = 0;
  int ready = 0;
  int starting = 0;
  double cold_start_s = 0;
  /// The forecaster with the largest part in the decision's forecast, and its share of it.
  std::optional<std::string> expert = std::nullopt;
  std::optional<double> expert_share = std::nullopt;
  /// What a request took over the minutes before; nothing while too few were served to tell.
  std::optional<double> service_mean_s = std::nullopt;
  std::optional<double> service_scv = std::nullopt;  // variance / mean²
  std::optional<double> occupied_s = std::nullopt;   // for so long it kept a replica's slot
};

/// What one policy of a model made of the interval before a decision, and wishes at it: a row for
/// the acting policy and one for each in its shadow.
struct ShadowFact {
  TimePoint time{};  // of the decision
  ModelKey model;
  std::string node;  // the owner, who decided
  std::string policy;
  bool acting = false;
  int wished = 0;  // replicas, of a shadow imagined, as the next two
  int ready = 0;
  double replica_seconds = 0;
  double arrivals = 0;         // requests in the interval
  double missed_estimate = 0;  // of these, refused or late by the fluid queue's estimate
  std::optional<double> missed = std::nullopt;  // as was measured; the acting policy's alone
};

/// What one node answered when replicas were to be placed, and what became of it.
struct BidFact {
  TimePoint time{};  // of the decision
  ModelKey model;
  std::string node;  // which bids
  std::string owner;
  int offered = 0;
  int awarded = 0;
  int started = 0;
  double price_per_hour = 0;  // of one replica
  std::string outcome;        // of the tender as a whole
  std::string note;           // why this bid lost, or was refused
};

struct PlacementFact {
  enum class Event { kStart, kReady, kStop, kFail };
  TimePoint time{};
  std::string replica;
  ModelKey model;
  std::string node;  // where the replica runs
  Event event = Event::kStart;
  std::optional<double> cold_start_s = std::nullopt;  // with kReady
  std::string detail;
};

/// What one model's replicas on `node` held in [time, time + length).
struct CostFact {
  TimePoint time{};
  ModelKey model;
  std::string node;
  double replica_seconds = 0;
  double cpu_core_seconds = 0;  // reserved, not used
  double memory_gib_seconds = 0;
  double cost = 0;  // in the price's currency
  Duration length{10s};
};

/// How `node` was in [time, time + length).
struct HealthFact {
  TimePoint time{};
  std::string node;
  double cpu_used = 0;  // cores, by replicas
  double cpu_capacity = 0;
  std::int64_t memory_used_bytes = 0;  // by replicas
  std::int64_t memory_capacity_bytes = 0;
  int replicas = 0;
  int members_live = 0;
  std::optional<double> specs_age_s = std::nullopt;
  std::optional<std::int64_t> agent_rss_bytes = std::nullopt;
  std::optional<std::int64_t> disk_free_bytes = std::nullopt;
  std::int64_t rows_shed = 0;  // facts that the history's queue dropped meanwhile
  Duration length{10s};
};

}  // namespace starling::history
