// What is recorded: plain values, one struct a fact table.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

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

/// What the gateway of `node` saw of one model in one second.
struct UsageFact {
  TimePoint time{};
  ModelKey model;
  std::string node;  // empty: the store's own node, here and in all facts
  std::int64_t arrivals = 0;
  std::int64_t completed = 0;
  std::int64_t failed = 0;
  double in_flight = 0;
  double queued = 0;
  std::optional<double> latency_mean_ms = std::nullopt;  // nothing when no request was answered
  std::optional<double> latency_p50_ms = std::nullopt;
  std::optional<double> latency_p95_ms = std::nullopt;
  std::optional<double> latency_p99_ms = std::nullopt;
  int replicas_ready = 0;
  std::optional<double> cpu_cores = std::nullopt;  // nothing where it is not measured
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

}  // namespace starling::history
