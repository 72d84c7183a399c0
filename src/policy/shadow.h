// Policies in shadow: what one would have done beside the one that acts, and what would have come
// of it.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "policy/fluid_queue.h"
#include "policy/market/miss_curve.h"
#include "policy/policy.h"

namespace starling {

/// What a policy wishes at one decision, and how the interval before it went with its replicas.
/// Requests and replica-seconds are 0 at a policy's first decision.
struct ShadowOutcome {
  std::string policy;
  bool acting = false;
  int wished = 0;            // replicas
  int ready = 0;             // replicas
  double replica_s = 0;      // held, from the start until they left
  double arrivals = 0;       // requests
  double missed = 0;         // of these, refused or late by the fluid queue's estimate
  double missed_actual = 0;  // of these, as was measured; of the acting policy alone
};

/// Estimates, by a FluidQueue of the observed load and service, what a number of replicas made of
/// each interval between decisions. One object for one policy of one model, acting or not, so that
/// their estimates are alike.
class OutcomeEstimate {
 public:
  struct Interval {
    double length_s = 0;  // at most twice observation.interval: what is older was not seen
    double arrivals = 0;
    FluidTick tick;
    double queued = 0;  // at its end: the backlog, and who waits by chance
  };

  /// The interval from the last call to `seen.now`, under `seen`'s load. `ready` replicas are there
  /// at its end; those that were not at its beginning count from the next one on.
  Interval advance(const Observation& seen, const Objective& objective, int ready);
  /// How many fewer `held` is than at the last call: they keep their room for the time of release.
  int let_go(int held);

 private:
  std::optional<MissCurve> curve_;
  std::optional<TimePoint> last_;
  int ready_ = 0;
  int held_ = 0;
  double backlog_ = 0;
};

/// The outcome so far of the policy that acts: by the replicas that there are. `wished` is left.
ShadowOutcome acting_outcome(OutcomeEstimate& estimate, const Observation& seen,
                             const Objective& objective);

/// A policy with replicas that are imagined: they are ready a cold start after the wish for them
/// and are gone `observation.release` after the wish for fewer. Begins with those that there are.
class ShadowPolicy {
 public:
  explicit ShadowPolicy(std::unique_ptr<Policy> policy) : policy_(std::move(policy)) {}

  /// `seen` is what the acting policy sees. Its load, service, cold start and forecast hold here
  /// too; replicas, utilisation, requests in flight and queued are the imagined ones'.
  ShadowOutcome decide(const Observation& seen, const Objective& objective);
  std::string name() const { return policy_->name(); }
  /// The same imagined replicas, decided for by another policy from now on.
  void go_on_with(std::unique_ptr<Policy> policy) { policy_ = std::move(policy); }

 private:
  Observation imagined(const Observation& seen, const OutcomeEstimate::Interval& interval) const;
  void settle(TimePoint now);
  void scale_to(int wished, const Observation& seen);

  std::unique_ptr<Policy> policy_;
  OutcomeEstimate estimate_;
  bool begun_ = false;
  int ready_ = 0;
  std::deque<TimePoint> starting_;     // when each becomes ready, in order
  std::deque<TimePoint> terminating_;  // when each is gone, in order
};

}  // namespace starling
