// The contract of every policy: what is seen and forecast in, desired replicas and the reason out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "forecast/forecaster.h"

namespace starling {

struct ServiceTime {
  double mean_s = 0.05;
  double scv = 1.0;  // squared coefficient of variation: variance / mean²
  /// How long a request keeps one of a replica's slots from taking the next: longer than the
  /// service where a CPU limit, not the slot, is what a replica runs out of. Never counts as less
  /// than the mean.
  double occupancy_s = 0;

  double occupied_s() const { return occupancy_s > mean_s ? occupancy_s : mean_s; }
};

/// The CPU of replicas whose size is decided along with their number.
struct ObservedSize {
  double cpu_s_per_request = 0;  // 0: not known yet
  double cores = 0;              // of a ready replica, on average
  double decided_cores = 0;      // as chosen for the SLO and the price, without steps
  double least_cores = 0;        // what replicas are seen to use, and a margin
};

/// What arrived before a policy's first observation, where somebody kept a record of it.
class PastArrivals {
 public:
  struct Rates {
    Duration step{1s};
    std::vector<double> per_s;   // requests a second, oldest first
    std::size_t known_from = 0;  // of these, the first after the last gap of over a minute
  };
  virtual ~PastArrivals() = default;
  /// Up to the last whole step before now, `reach` at most, in steps of about `step`. What is not
  /// known is as it was an hour before.
  virtual Rates rates(Duration step, Duration reach) const = 0;
};

/// What a policy may know of one model at one moment.
struct Observation {
  TimePoint now{};
  double arrival_rate = 0;  // requests per second over the last interval
  double in_flight = 0;     // requests in service and queued, averaged over the last interval
  double queued = 0;        // of these, waiting
  double missed_rate = 0;   // requests a second refused or late over the last interval
  double utilization = 0;   // busy share of the ready replicas' concurrency, 0 … 1
  int ready = 0;
  int unmeasured = 0;  // of the ready ones, those of which `utilization` may be out of date
  int starting = 0;
  int concurrency = 1;           // requests a replica handles at once
  Duration cold_start{2s};       // measured 90th percentile, decision to first request served
  Duration interval{2s};         // between decisions
  Duration release{};            // for so long a stopped replica still holds its capacity
  int queue_limit = 0;           // requests that may wait; 0: not known
  ServiceTime service;           // at the decided size, where the size is decided
  bool service_assumed = false;  // as too few requests were served to measure it
  /// None where it is not.
  std::optional<ObservedSize> size;
  const Forecast* forecast = nullptr;  // requests per second; null when there is none that is fresh
  const PastArrivals* past = nullptr;  // null where no record was kept
};

struct Objective {
  Duration slo_latency{150ms};
  double slo_percentile = 99;
  int min = 1;
  int max = 20;
  double priority = 1;  // how many of another's misses one of this model's counts for
};

/// A guard that changed the wish, by name ("max-replicas"), with the numbers that made it bite.
struct GuardNote {
  std::string guard;
  std::string detail;
  int from = 0;
  int to = 0;
};

/// One value that was weighed: how likely a request would miss its SLO with so many replicas.
struct Candidate {
  int replicas = 0;
  double miss_probability = 0;
};

/// What replicas are worth over the next minutes, in requests that meet or miss their SLO, times
/// the model's priority. Empty where a policy does not value them.
struct ReplicaValues {
  std::vector<double> gains;   // of the first, second … more than are ready or starting
  std::vector<double> losses;  // of the first, second … fewer
};

struct Allocation {
  int replicas = 0;
  std::string reason;       // one sentence with numbers, for people
  double planned_rate = 0;  // the arrival rate that the replicas were chosen for
  int cpu_steps = 0;        // more of CPU than replicas would be given now (sizing/cpu_steps.h)
  std::vector<Candidate> candidates;
  std::vector<GuardNote> guards;
  ReplicaValues values;
};

/// Decides for one model. An object keeps what its rule must remember (a stabilisation window);
/// it reads no clock and draws no random number: the same observations give the same decisions.
class Policy {
 public:
  virtual ~Policy() = default;
  virtual std::string name() const = 0;
  virtual Allocation decide(const Observation& observation, const Objective& objective) = 0;
};

}  // namespace starling
