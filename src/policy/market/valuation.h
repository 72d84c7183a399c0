// What one replica more or less is worth to a model over the next minutes.
#pragma once

#include <optional>
#include <vector>

#include "policy/market/demand_belief.h"
#include "policy/market/miss_curve.h"
#include "policy/market/step_feed.h"
#include "policy/policy.h"

namespace starling {

struct ValuationOptions {
  Duration step{10s};     // counts are kept in steps of this, or shorter where a transfer is
  Duration horizon{45s};  // that a replica's worth is counted over, without a release time
  int gains_max = 8;      // replicas more that are valued, one by one
  int losses_max = 4;     // and fewer
  int queue_limit = kQueueLimitGuess;  // where the observation names none
  /// Mean requests per second from TimePoint{} on, at `truth_step` each: demand is known instead of
  /// foretold. Nobody has this; it bounds what foretelling can gain.
  std::vector<double> truth = {};
  Duration truth_step{10s};
};

/// Requests expected to miss the SLO a second, L(c) = Σ p(r)·r·v(r, c), for demand as a
/// WindowBelief foretells it and v of a MissCurve. With n replicas ready or starting, r of them
/// ready, and H the horizon (the time that a transfer takes, where that is longer):
///   gain of the k-th more   H · max over j ≤ 8 of (L_far(n + k − 1) − L_far(n + k − 1 + j)) / j
///   loss of the k-th fewer  H · (L_far(n − k) − L_far(n − k + 1))
///                           + T · (L_near(r − k) − L_near(r − k + 1)) of a ready one
/// in requests saved or missed. T is the time that a replica takes to move: release and cold start;
/// near is [now, now + T), far the three steps from five seconds after it. The best average over
/// several steps, because the first of them gains nothing while a model stays saturated.
class Valuer {
 public:
  explicit Valuer(ValuationOptions options = {}) : options_(std::move(options)) {}

  /// Observations come in the order of time. Values of nothing before the first whole step.
  ReplicaValues value(const Observation& observation, const Objective& objective);

 private:
  void plan(const Observation& observation);
  void count(const Observation& observation);
  /// Possible rates in a window, as their square roots, and how likely each is.
  struct Rates {
    std::vector<double> roots;
    std::vector<double> shares;
  };
  Rates rates(const WindowBelief& belief, TimePoint now) const;
  ReplicaValues values(const Rates& near, const Rates& far, const Observation& observation,
                       const Objective& objective) const;

  ValuationOptions options_;
  Duration step_{};
  StepFeed feed_;
  RecentCounts counts_;
  std::optional<WindowBelief> near_, far_;
  std::optional<MissCurve> curve_;
  /// What was answered last, and for how many replicas: it holds until the next whole step.
  struct Answer {
    ReplicaValues values;
    int ready = 0;
    int starting = 0;
  };
  std::optional<Answer> answer_;
};

}  // namespace starling
