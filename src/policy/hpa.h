// The HorizontalPodAutoscaler (Kubernetes, autoscaling/v2) on the utilisation of a replica's
// concurrency.
#pragma once

#include <deque>

#include "policy/peers/time_window.h"
#include "policy/policy.h"

namespace starling {

/// One entry of `behavior.scaleUp.policies` or `.scaleDown.policies`.
struct HpaScalingPolicy {
  enum class Type { kPods, kPercent };
  Type type = Type::kPercent;
  int value = 100;
  Duration period{15s};
};

struct HpaBehavior {
  enum class Select { kMax, kMin, kDisabled };
  std::vector<HpaScalingPolicy> policies;
  Select select =
      Select::kMax;  // the policy that allows the largest (smallest) change; or no change at all
  Duration stabilization{0s};
};

/// One entry of `spec.metrics`.
struct HpaMetric {
  enum class Kind {
    kUtilization,        // type Resource: busy share of the replicas' concurrency
    kRequestsPerSecond,  // type External, target AverageValue: arrivals by replica
    kInFlight,           // the same, of requests in service and queued
  };
  Kind kind = Kind::kUtilization;
  double target = 0.7;
};

struct HpaOptions {
  std::vector<HpaMetric> metrics{HpaMetric{}};  // the one that wants most replicas counts
  double tolerance = 0.1;
  Duration sync_period{15s};
  HpaBehavior up{
      {{HpaScalingPolicy::Type::kPercent, 100, 15s}, {HpaScalingPolicy::Type::kPods, 4, 15s}},
      HpaBehavior::Select::kMax,
      0s};
  HpaBehavior down{{{HpaScalingPolicy::Type::kPercent, 100, 15s}}, HpaBehavior::Select::kMax, 300s};
};

/// The documented algorithm of the controller, with its defaults. A sync is due every
/// `sync_period`; calls in between get the held answer. `current` is the scale it last asked for,
/// as a Deployment's spec.replicas; whatever of it is not ready counts as not-yet-ready pods, and
/// `unmeasured` replicas as pods without metrics. From zero replicas the utilisation is external:
/// requests in flight per replica's concurrency.
class HpaPolicy final : public Policy {
 public:
  explicit HpaPolicy(HpaOptions options = {}) : options_(std::move(options)) {}

  std::string name() const override { return "hpa"; }
  Allocation decide(const Observation& observation, const Objective& objective) override;

 private:
  struct Recommendation {
    TimePoint at;
    int replicas;
  };
  struct Change {
    TimePoint at;
    int added;  // negative: removed
  };

  int desired_by_metrics(const Observation& observation, int current, std::string& reason) const;
  std::optional<int> desired_by_utilization(const Observation& observation, int current,
                                            double target, std::string& reason) const;
  int desired_by_average(double value, int current, double target) const;
  bool tolerated(double ratio) const;
  int stabilized(int desired, int current, TimePoint now);
  int limited(int desired, int current, TimePoint now, const Objective& objective,
              Allocation& notes) const;
  int scale_up_limit(int current, TimePoint now) const;
  int scale_down_limit(int current, TimePoint now) const;
  int changed_within(TimePoint now, Duration period) const;

  HpaOptions options_;
  Periodic sync_;
  Allocation held_;
  std::deque<Recommendation> recommendations_;
  std::deque<Change> changes_;
};

}  // namespace starling
