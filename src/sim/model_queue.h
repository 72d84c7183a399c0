// One model in the simulator: a FIFO queue with a limit before slots that open, serve and close.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/rng.h"
#include "policy/policy.h"
#include "sim/distribution.h"
#include "sim/replica_cpu.h"
#include "sim/scenario.h"

namespace starling {

/// Latencies in buckets of 1/64 octave (within 0.8 %), found from the bits of the number: no
/// logarithm.
class LatencyCounts {
 public:
  LatencyCounts() : counts_(kBuckets, 0) {}
  /// Counts one latency, or takes one back that was counted.
  void add(double seconds) { ++counts_[bucket(seconds)]; }
  void remove(double seconds) { --counts_[bucket(seconds)]; }
  /// Adds all that the other counted.
  void merge(const LatencyCounts& other);
  /// What was added after `earlier`, a copy of these counts.
  LatencyCounts since(const LatencyCounts& earlier) const;
  /// The value below which a share `q` lies, in seconds; 0 when empty.
  double quantile(double q) const;

 private:
  static constexpr int kSubBits = 6;
  static constexpr int kOctaveMin = -20;  // 1 µs
  static constexpr int kOctaves = 36;     // to 18 h
  static constexpr std::size_t kBuckets = static_cast<std::size_t>(kOctaves) << kSubBits;

  static std::size_t bucket(double seconds);
  static double lower_bound(std::size_t bucket);
  std::vector<std::uint64_t> counts_;
};

/// Requests and their times since the beginning; latencies and waits in seconds.
struct QueueTotals {
  std::uint64_t arrived = 0;
  std::uint64_t dropped = 0;   // the queue was full, or nobody was left to serve it
  std::uint64_t rejected = 0;  // by admission control
  std::uint64_t served = 0;    // started; taken back should their replica fail
  std::uint64_t waited = 0;    // times that a request started later than it came
  std::uint64_t retried = 0;   // times that a request's replica failed under it
  std::uint64_t met_slo = 0;
  double latency_sum_s = 0;
  double wait_sum_s = 0;      // from arrival to the start of the service that completed
  double busy_s = 0;          // slot-seconds of service
  double busy_square_s2 = 0;  // Σ service²
  LatencyCounts latencies;
};

/// What happened between two calls of `observe`.
struct QueueWindow {
  std::uint64_t arrived = 0;
  std::uint64_t missed = 0;  // dropped, rejected, or started and certain to be late
  double waiting = 0;        // average
  double in_service = 0;     // average
  double utilization = 0;    // in service / slots of ready replicas
};

/// No event heap over the system: an arrival that finds a free slot starts there and its completion
/// is fixed at once; others wait. Every slot is known by when it is free next; a replica that is
/// starting is a set of slots free from its ready time on. Times are seconds and never go back.
class ModelQueue {
 public:
  /// With `may_fail`, what is in service is remembered, so that `fail_replica` can be called.
  ModelQueue(const Distribution& service, const std::optional<Distribution>& routing, double slo_s,
             int queue_limit, int concurrency, Rng rng, Batching batch = {}, bool may_fail = false);

  /// Rejects from now on what finds more requests than admission_limit() for the replicas that are
  /// ready at that moment. A batch counts as slots of its own.
  void control_admission(const ServiceTime& service);

  /// From now on requests share their replica's CPU, whose size may change.
  void share_cpu(const ReplicaCpu& cpu) { cpu_ = cpu; }
  /// Null where requests do not share it.
  ReplicaCpu* cpu() { return cpu_ ? &*cpu_ : nullptr; }
  const ReplicaCpu* cpu() const { return cpu_ ? &*cpu_ : nullptr; }

  /// A request comes at t.
  void arrive(double t);
  /// Starts what can start up to t.
  void advance(double t);

  /// One that takes requests from `ready_at` on. Returns its number.
  int add_replica(double ready_at);
  /// What became of a replica that was taken out.
  struct Removed {
    int replica = 0;
    bool was_ready = false;
    double finished_at = 0;  // when its last request is done
  };
  /// Which replica remove_replica would take: the one that would be ready last while any is
  /// starting, else the one that is idle first. There is one.
  Removed next_to_go(double t) const;
  /// Takes one replica out. It takes no more requests; those in service finish.
  Removed remove_replica(double t);
  /// Takes a replica out at once, also one that was removed and still finishes what it serves: what
  /// it had in service goes back to the head of the queue, beyond the limit if need be, and keeps
  /// its arrival time.
  void fail_replica(int number, double t);
  /// Drops all that wait: there is nobody left to serve them.
  void drop_waiting();

  /// Replicas that are ready at t, those that are starting, and both.
  int ready(double t) const;
  int starting(double t) const { return static_cast<int>(replicas_.size()) - ready(t); }
  int replicas() const { return static_cast<int>(replicas_.size()); }
  /// Requests in the queue.
  std::size_t waiting() const { return waiting_.size(); }
  const QueueTotals& totals() const { return totals_; }
  /// The window from the last call, or the start, to t; the next one begins.
  QueueWindow observe(double t);

 private:
  struct Slot {
    double free_at;
    int replica;
    int shared = 0;  // requests in service beyond the first of its batch
  };
  struct InService {
    double arrived_at;
    double started_at;
    double finished_at;
    double latency_s;
    bool first;  // of its batch: the slot's time is counted once
  };
  struct Replica {
    int number;
    double ready_at;
  };

  /// Whether admission control lets one more request wait.
  bool admits(double t);
  void start(double arrived_at, double t);
  /// How long the next request takes, `work` times as long as one that is served alone.
  double draw_service_s(double t, double work = 1);
  /// Starts what waits at time t, at most a batch of it.
  void start_batch(double t);
  double front_since() const {
    return again_since_.empty() ? waiting_.front() : again_since_.front();
  }
  /// Returns the arrival time of the request that was first in the queue.
  double leave_queue(double t);
  /// Counts a request served; returns its latency.
  double serve(double arrived_at, double t, double service_s);
  void remember(double arrived_at, double t, double service_s, double latency_s, bool first);
  void take_back(const InService& request, double t);
  void occupy(double t, double service_s, int shared);
  void erase(std::vector<Replica>::iterator replica, double t);
  /// Puts a slot in the place of the one that is free first, and the heap in order.
  void replace_first(Slot moved);
  double ready_at(int replica) const;

  Sampler service_;
  std::optional<Sampler> routing_;
  double slo_s_;
  std::size_t queue_limit_;
  int concurrency_;
  Rng rng_;
  Batching batch_;
  bool may_fail_;
  std::optional<ReplicaCpu> cpu_;
  std::optional<ServiceTime> admission_;  // set: what cannot meet its SLO is rejected
  std::vector<std::size_t> may_wait_;     // by ready replicas, as far as they were needed

  std::vector<Slot> slots_;  // min-heap on free_at
  std::vector<Replica> replicas_;
  int next_number_ = 0;
  std::map<int, std::vector<InService>> in_service_;  // by replica; only with may_fail_
  std::deque<double> waiting_;                        // arrival times
  std::deque<double> again_since_;  // since when the first of these wait again after a failure
  QueueTotals totals_;

  double window_begin_ = 0;
  std::uint64_t window_arrived_ = 0;
  std::int64_t window_missed_ = 0;  // signed: what is lost in service had been counted as late
  double window_waited_s_ = 0;      // request-seconds in the queue inside the window
  double window_started_s_ = 0;     // service begun inside the window
  double carried_busy_s_ = 0;   // service begun before the window and to be done after its begin
  double window_shared_s_ = 0;  // request-seconds that batches add to these two
  double carried_shared_s_ = 0;
};

}  // namespace starling
