// Guards around any policy: bounds that keep a wish from flapping, leaping or leaving its limits.
#pragma once

#include <deque>
#include <memory>
#include <utility>

#include "policy/policy.h"

namespace starling {

struct GuardOptions {
  /// The hold time: after a scale-up nothing is removed for so long, and a removal goes only as low
  /// as the highest wish of the last hold time. max(hold_min, hold_cold_starts × cold start) ×
  /// hold_scale.
  Duration hold_min{30s};
  double hold_cold_starts = 1;
  double hold_scale = 1;  // below 1 for short live runs
  /// At most so many removals (of any size) in a window.
  int downs_max = 4;
  Duration downs_window{60s};
  /// One decision raises n replicas to at most up_factor·n + up_step, and all of them in a window
  /// raise the n of its start to at most ups_factor·n + ups_step.
  double up_factor = 2;
  int up_step = 4;
  double ups_factor = 8;
  int ups_step = 16;
  Duration ups_window{60s};
};

/// Remembers what one model was given and bounds the next wish. In the order in which they apply:
///   "hold"          a lower wish waits until it was the highest of the hold time
///   "direction"     no removal within the hold time after a scale-up
///   "downs"         no more than `downs_max` removals a window
///   "step-up"       a rise is at most up_factor·n + up_step a decision
///   "ups"           rises are at most ups_factor·n + ups_step a window, where n is what there was
///                   at its start (now − added + removed, as Kubernetes' scaling policies count)
///   "min-replicas", "max-replicas"  the limits of the objective; they always win
/// Every one that bites adds a GuardNote with its numbers.
class Guards {
 public:
  explicit Guards(GuardOptions options = {}) : options_(options) {}

  Allocation apply(Allocation wish, const Observation& observation, const Objective& objective);

 private:
  struct Wish {
    TimePoint at;
    int replicas;
  };

  void hold(Allocation& wish, TimePoint now, Duration window);
  void limit_downs(Allocation& wish, TimePoint now);
  void limit_up(Allocation& wish);
  void limit_ups(Allocation& wish, TimePoint now);

  GuardOptions options_;
  std::deque<Wish> wishes_;  // of the hold time, oldest first
  std::deque<TimePoint> downs_;
  std::deque<Wish> given_before_;  // each change within the window of rises: until when, how many
  std::optional<TimePoint> last_up_;
  std::optional<int> given_;  // the last answer; until then what is running
};

/// The guards' hold time for a measured cold start.
Duration hold_time(const GuardOptions& options, Duration cold_start);

/// A policy whose every wish passes the guards.
class GuardedPolicy final : public Policy {
 public:
  GuardedPolicy(std::unique_ptr<Policy> policy, GuardOptions options)
      : policy_(std::move(policy)), guards_(options) {}

  std::string name() const override { return policy_->name(); }
  Allocation decide(const Observation& observation, const Objective& objective) override {
    return guards_.apply(policy_->decide(observation, objective), observation, objective);
  }

 private:
  std::unique_ptr<Policy> policy_;
  Guards guards_;
};

}  // namespace starling
