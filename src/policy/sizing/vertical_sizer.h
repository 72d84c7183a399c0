// The size of one model's replicas over time: what was decided, and when it may change again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/sizing/cpu_steps.h"
#include "policy/sizing/joint_size.h"
#include "policy/sizing/size_recommender.h"

namespace starling {

/// What is decided of the size together with the number of replicas.
struct SizeDecision {
  SizingMode mode = SizingMode::kRecommend;  // never kOff
  Resources size;                            // that replicas are to have
  Resources recommended;  // what would be chosen if nothing kept it from being applied
  SizeFloor floor;
  int replicas_first = 0;         // so many must be ready before they become smaller; 0: none
  std::vector<GuardNote> guards;  // the floor where it bit: from and to in millicores or MiB
  std::string reason;             // one sentence with numbers, for people
};

/// Adds the decision's guards to the allocation, and the replicas that must be there before they
/// become smaller, up to `most`.
void add_to(Allocation& allocation, const SizeDecision& decision, int most);

/// What the sizer may know at a decision.
struct SizeInputs {
  TimePoint now{};
  double rate = 0;  // that the replicas are planned for
  ServiceTime service;
  std::int64_t cpu_millis_ready = 0;  // mean limit of the ready replicas; 0: none is ready
  int ready = 0;
  int concurrency = 1;
  double arrival_rate = 0;  // now …
  double queued = 0;        // … and what waits
  Duration interval{2s};    // between decisions
  int queue_limit = 0;      // 0: not known
  int cpu_steps = 0;        // of a policy's correction
  int cpu_steps_most = kSizeStepsMax;
  Objective objective;
  SizePrices prices;
};

/// What a decision saw and came to; `service` is the observed one, and the CPU that it was measured
/// at and the prices are still to be told.
SizeInputs inputs_of(const Observation& observation, const Objective& objective,
                     const Allocation& allocation);

/// A size that a sizer decided on, whatever its replicas had for the moment.
struct DecidedSize {
  Resources size;
  Resources first;      // that the spec asked for then
  TimePoint changed{};  // since when no other was chosen
  bool operator==(const DecidedSize&) const = default;
};

/// What a sizer knows, for the one that goes on after it.
struct SizerRecord {
  UsageRecord usage;
  std::optional<DecidedSize> decided;  // none: it has not decided on one yet
  bool operator==(const SizerRecord&) const = default;
};

/// Decides for one model; reads no clock.
///
/// A size changes at most once in a period, and only to one that saves kSavingMin of the price or
/// where the present one misses the SLO. Only memory is raised at once, for want of it kills. The
/// rate is the highest of this period and the last. A smaller size that needs more replicas waits
/// until so many are ready.
///
/// From decision to decision the replicas that there are get a few steps more or less of CPU, as
/// the load of the moment asks for and a policy corrects it: within the limits, never less than the
/// floor.
class VerticalSizer {
 public:
  static constexpr double kSavingMin = 0.10;

  VerticalSizer(const SizingSpec& spec, const Resources& first);

  /// A first size that has changed is a person's wish: it holds, and the period begins anew.
  void set_spec(const SizingSpec& spec, const Resources& first, TimePoint now);
  /// What the replicas already have is kept by a new owner whom nobody told what was decided. The
  /// first call alone counts.
  void adopt(const std::vector<Resources>& sizes, TimePoint now);
  void observe(const UsageSample& sample) { recommender_.observe(sample); }
  void out_of_memory(const Resources& size, TimePoint now) {
    recommender_.out_of_memory(static_cast<double>(size.memory_bytes), now);
  }
  /// The CPU time of all replicas since the last decision, and the requests answered meanwhile.
  /// What idle replicas burn counts as the requests', so with few of them too much is taken for
  /// theirs.
  void observe_requests(double cpu_s, double requests);
  SizerRecord record() const { return {recommender_.record(), decided_size()}; }
  /// None while it is only what replicas were found to have.
  std::optional<DecidedSize> decided_size() const;
  /// Goes on from `record` where it knows more than this one: of a size, where this one has but
  /// found what replicas have, and the spec asks for the same as then.
  void take_over(const SizerRecord& record);
  SizeDecision decide(const SizeInputs& inputs);
  /// What new replicas are to have, and running ones once they are known.
  const Resources& size() const { return stepped_; }
  /// As it was decided for the SLO and the price, whatever replicas are given for the moment.
  const Resources& decided() const { return size_; }
  /// A service time as it would be at the decided size, of one that was measured at `cores`.
  ServiceTime planned(const ServiceTime& measured, double cores, int concurrency) const;
  /// What a policy may know of it, of ready replicas of so much CPU; none where it is not decided.
  std::optional<ObservedSize> observed(double cores) const;
  /// Whether what runs was looked at, so that size() is a decision.
  bool adopted() const { return adopted_; }

 private:
  double cpu_s_per_request() const;
  double peak_rate(double rate, TimePoint now);
  SizeQuestion question(const SizeInputs& inputs, const SizeFloor& floor);
  void recommend(SizeDecision& decision, const SizeQuestion& question, const SizeChoice& choice);
  void note_floor(SizeDecision& decision, SizeQuestion question) const;
  void apply(SizeDecision& decision, const SizeChoice& choice, const SizeInputs& inputs);
  void begin_with(const Resources& size);
  int steps_now(const SizeInputs& inputs, const SizeQuestion& question);
  void step(SizeDecision& decision, int steps, int most);

  SizingSpec spec_;
  Resources first_;
  Resources size_;              // as decided …
  Resources stepped_;           // … and as replicas are to have it now
  std::int64_t cpu_least_ = 0;  // of the last decision's floor
  SizeRecommender recommender_;
  bool adopted_ = false;
  bool certain_ = false;  // somebody decided on the size; else replicas were found to have it
  double cpu_s_ = 0;      // both fading with each decision
  double requests_ = 0;
  HeldSteps steps_;
  std::optional<TimePoint> changed_;
  std::optional<TimePoint> waiting_;  // since then for replicas, so that they can become smaller
  TimePoint window_{};                // of the peak rate
  double peak_ = 0;
  double peak_before_ = 0;
};

}  // namespace starling
