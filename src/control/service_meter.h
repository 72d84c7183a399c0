// What serving is measured to cost one model: how long its replicas start, what share of their CPU
// they use, and how long a request keeps one of their slots.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "control/messages.h"
#include "policy/policy.h"

namespace starling {

/// Whether what the replica uses is no longer that of its start, which no request asked for.
bool past_start(const ReplicaStatus& replica, TimePoint now);

/// One model's measurements. To be fed once a decision with the replicas as their nodes tell of
/// them. How far back each of them reaches is said with it.
class ServiceMeter {
 public:
  /// CPU time of all replicas over an interval, and the requests answered meanwhile.
  struct CpuUse {
    double cpu_s = 0;
    double requests = 0;
  };

  /// `interval`: from one feeding to the next. `cold_start_guess`: until one was measured.
  ServiceMeter(Duration interval, Duration cold_start_guess);

  /// Takes in each replica's cold start, once it is told.
  void observe_cold_starts(const std::vector<const ReplicaStatus*>& replicas);
  /// Takes in what the ready replicas use; `answered`: requests of the last interval. Returns the
  /// interval's use: none while some replica's start still shows in it.
  std::optional<CpuUse> observe_cpu(const std::vector<const ReplicaStatus*>& replicas,
                                    double answered, TimePoint now);
  /// Takes in the service time as measured now, a mean of 0 where nothing is served. Returns the
  /// last one that was measured, however long ago; none before the first.
  std::optional<ServiceTime> note_service(const ServiceTime& measured);
  /// For a model that nothing was measured of: far within its SLO, which somebody thought can be
  /// met.
  static ServiceTime assumed_service(Duration slo);

  /// The 90th percentile of the last twenty, however long ago; the guess before the first.
  Duration cold_start() const;
  /// Of their limits that the ready replicas use, 0 … 1: by the last feeding alone.
  double cpu_share() const { return cpu_share_; }
  /// Of a ready replica, in cores, in the mean: by the last feeding alone. 0: none was ready.
  double cpu_limit() const { return cpu_limit_; }
  /// Of a ready replica, in cores, in the mean over the requests that the service time is of:
  /// earlier ones fade as they do there, over some minutes.
  double served_limit() const;
  /// The service time with how long a request keeps a slot by its share of CPU, by about the last
  /// ten feedings that no start showed in. Where no replica is ready, as in one of `cpu_millis`.
  /// Left as it is where too few requests were seen.
  ServiceTime with_occupancy(ServiceTime service, std::int64_t cpu_millis, int concurrency) const;

 private:
  void note_limit(double answered);

  Duration interval_;
  Duration cold_start_guess_;
  std::deque<Duration> cold_starts_;
  std::set<std::string> cold_starts_seen_;  // replica ids: nodes repeat what they told
  double cpu_s_ = 0;                        // used by the replicas, and …
  double cpu_requests_ = 0;  // … requests answered meanwhile: both fade in about ten feedings
  double cpu_share_ = 0;
  double cpu_limit_ = 0;
  double served_ = 0;           // requests, and …
  double served_by_limit_ = 0;  // … each over the limit then: both fading as the service time does
  std::optional<ServiceTime> last_service_;  // for when nothing is served: does not fade
};

}  // namespace starling
