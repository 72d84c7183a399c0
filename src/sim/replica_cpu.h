// The CPU of one model's replicas: how much longer a request takes on a small or a shared one.
#pragma once

#include <map>

#include "policy/policy.h"
#include "sim/scenario.h"

namespace starling {

/// Of each request's service C seconds are CPU time, on one core at most, the other W pass without.
/// In a replica that serves b at once a request finds 1 + (b − 1)·c / (c + W) on the CPU, itself
/// included, where c is how long its own CPU time takes: the mean field of processor sharing,
///   c = max(C, C · (1 + (b − 1)·c / (c + W)) / cores)
/// with b as it is when the request begins. Alone it takes C / min(1, cores); the more at once, the
/// nearer a replica comes to serving cores / C a second, whatever W is.
class ReplicaCpu {
 public:
  /// Service times are those of a request alone on `cores`, of which `cpu_s` on average are CPU
  /// time and `mean_s` all of it: cpu_s / min(1, cores) ≤ mean_s.
  ReplicaCpu(double cpu_s, double mean_s, double cores);

  /// A replica whose size nobody told has the one above.
  void set_cores(int replica, double cores) { replicas_[replica].cores = cores; }
  /// How long a request takes that would take `service_s` alone; counts the CPU time as used.
  double serve(int replica, double service_s, int together);
  /// CPU seconds of the requests that began since the last call.
  double take_used(int replica);
  /// CPU seconds of all requests that ever began, also on replicas that are forgotten.
  double used_s() const { return used_s_; }
  /// The replica is gone.
  void forget(int replica) { replicas_.erase(replica); }

  /// How many times as long as alone on the size above the mean request takes.
  double stretch(double cores, int together = 1) const;

 private:
  struct Replica {
    double cores = 0;  // 0: nobody told
    double used_s = 0;
  };

  double waiting_share_;  // of a service time, what is no CPU time
  double cpu_share_;      // CPU seconds a second of service
  double cores_;
  double used_s_ = 0;
  std::map<int, Replica> replicas_;
};

/// What policies are told of a request: alone on a replica of so many cores, and how long it
/// occupies a slot among as many as the replica serves at once.
ServiceTime service_on(const ScenarioModel& model, double cores);

}  // namespace starling
