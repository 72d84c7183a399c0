// The environment for learning to scale: the queueing decision, corrected, on a fluid queue.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/rng.h"
#include "policy/env.h"
#include "policy/fading_misses.h"
#include "policy/fluid_queue.h"
#include "policy/guards.h"
#include "policy/learned/error_budget.h"
#include "sim/workload_tape.h"

namespace starling {

/// How many copies play at once, and how.
struct ScalingEnvOptions {
  int copies = 256;
  int episode_ticks = 720;  // decisions
  bool direct = false;      // see ScalingCopy::begin()
};

/// One model under PredictivePolicy with a correction: its replicas start after the cold start,
/// hold capacity while they terminate, and serve a FluidQueue. The decision is predictive's own,
/// from the tape's outlook: replicas worth their price, misses made up for, current load, hold,
/// step-up bound.
class ScalingCopy {
 public:
  /// What one tick brought.
  struct Outcome {
    double held = 0;    // replicas paid for during the tick, one of the decided size for 1
    double missed = 0;  // requests
    int changed = 0;    // replicas started or stopped
  };

  /// Begins at a tick with what the model needs there. `direct`: the first action is no correction
  /// but the utilisation that replicas are chosen for, 0.2 … 1 (0.45 at zero) of the present load.
  void begin(const WorkloadTape& tape, int tick, bool direct = false);
  /// Decides at the end of the present tick, then lives through the next one.
  Outcome step(const PolicyAction& action);
  /// What the network sees now.
  PolicyFeatures features() const;
  /// The tape has no tick left.
  bool at_end() const { return tick_ + 1 >= tape_->size(); }
  /// Ready or starting.
  int replicas() const { return ready_ + starting_; }
  int ready() const { return ready_; }
  /// Steps from the decided size.
  int size() const { return size_; }
  /// Requests that wait.
  double backlog() const { return queue_->backlog(); }
  /// Requests missed during the last tick.
  double missed() const { return missed_last_; }

 private:
  static constexpr int kRing = 128;  // ticks that a start, a stop or a wish is remembered

  int wish(const Correction& correction, float direct_action);
  void scale_to(int replicas);
  void resize(int correction);
  void observe_use(double arrivals);
  int at(int tick) const { return tick & (kRing - 1); }

  const WorkloadTape* tape_ = nullptr;
  bool direct_ = false;
  int tick_ = 0;
  double base_logit_ = 0;
  int cold_ticks_ = 1, release_ticks_ = 0, reach_ticks_ = 1;
  int ready_ = 0, starting_ = 0, terminating_ = 0;
  // By tick; small, as thousands of copies share a cache.
  using Replicas = std::int16_t;
  std::array<Replicas, kRing> becoming_ready_{}, released_{}, wishes_{};
  int began_ = 0;
  int last_rise_ = 0;
  int changed_ = 0;
  int size_ = 0, size_least_ = 0;  // steps from the decided one
  int steps_before_ = 0;           // that were needed a tick ago
  double used_p95_ = 0;            // cores of a replica
  ErrorBudget budget_;
  std::optional<FluidQueue> queue_;
  double missed_last_ = 0, utilization_ = 0;
  FadingMisses misses_{kMissesFading};  // as the network sees them …
  FadingMisses owed_{kMadeUpOver};      // … and as they are made up for
  PolicyFeaturizer featurizer_;
  PolicyAction before_{};
};

/// Copies of ScalingCopy side by side, each on a tape and from a tick drawn for its episode.
class ScalingEnv final : public Env {
 public:
  /// The tapes are shared by the copies; each must be longer than an episode.
  ScalingEnv(std::vector<std::shared_ptr<const WorkloadTape>> tapes, ScalingEnvOptions options);

  int size() const override { return options_.copies; }
  int observation_size() const override { return kPolicyFeatures; }
  int action_size() const override { return kPolicyActions; }
  int workloads() const override { return static_cast<int>(played_.size()); }
  void reset(std::uint64_t seed, EnvStep& step) override;
  void step(std::span<const float> actions, EnvStep& step) override;

 private:
  struct Played {
    std::shared_ptr<const WorkloadTape> tape;
    double missed_allowed = 0;  // a tick, on average
  };
  struct Copy {
    ScalingCopy state;
    const Played* played = nullptr;
    int ticks = 0;
  };

  void begin(Copy& copy);
  void observe(std::size_t copy, EnvStep& step) const;

  std::vector<Played> played_;
  ScalingEnvOptions options_;
  std::vector<Copy> copies_;
  Rng rng_{0};
};

}  // namespace starling
