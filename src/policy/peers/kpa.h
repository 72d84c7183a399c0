// The Knative Pod Autoscaler on the concurrency of requests.
#pragma once

#include "policy/peers/time_window.h"
#include "policy/policy.h"

namespace starling {

struct KpaOptions {
  double target_utilization = 0.7;  // container-concurrency-target-percentage
  Duration stable_window{60s};
  Duration panic_window{6s};   // 10 % of the stable one
  double panic_threshold = 2;  // desired over ready replicas that starts a panic
  double scale_up_rate_max = 1000;
  double scale_down_rate_max = 2;
  Duration tick{2s};
  Duration zero_grace{30s};
};

/// Knative Serving's autoscaler (pkg/autoscaler/scaling) with its defaults, a decision each tick:
///   target = 0.7 × the replica's concurrency
///   stable, panic = ⌈mean requests in flight over the window / target⌉, each clamped to
///   [⌊ready / 2⌋, ⌈1000 · ready⌉] with ready ≥ 1
///   A panic begins when ⌈panic mean / target⌉ / ready ≥ 2 and ends a stable window after that was
///   last so; in it the largest number wanted since its begin is kept.
/// As there is no history at first, it starts in a panic that keeps what is ready, if that is more
/// than one. The last replica goes once the stable mean was zero for `zero_grace` and not before
/// it was ready for a stable window. Replicas that start from zero may do so in peace (Knative
/// gives them up after ten minutes, which is for the runtime to do here).
class KpaPolicy final : public Policy {
 public:
  explicit KpaPolicy(KpaOptions options = {})
      : options_(options), stable_(options.stable_window), panic_(options.panic_window) {}

  std::string name() const override { return "kpa"; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  int wanted(const Observation& observation, double target, std::string& reason);
  int zero_or_not(const Observation& observation);

  KpaOptions options_;
  TimeWindow stable_;
  TimeWindow panic_;
  Lasting active_;  // has ready replicas
  Lasting silent_;
  Periodic decision_;
  std::optional<TimePoint> panicked_;  // when the threshold was last passed
  int panic_most_ = 0;
  Allocation held_;
};

}  // namespace starling
