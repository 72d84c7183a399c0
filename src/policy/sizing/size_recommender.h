// How small a replica may be by what replicas were seen to use: the floor of its CPU and memory.
#pragma once

#include <algorithm>
#include <cstdint>

#include "manifest/model_spec.h"
#include "policy/sizing/decaying_histogram.h"

namespace starling {

/// What one replica used at one moment.
struct UsageSample {
  TimePoint time{};
  double cpu_cores = 0;
  double memory_bytes = 0;
};

struct SizeFloor {
  Resources size{0, 0};        // no replica should have less; zeros while nothing was seen
  Resources lower_to{0, 0};    // nor be lowered below this: more, the shorter the history
  double cpu_p95 = 0;          // cores
  double memory_p95 = 0;       // bytes
  bool memory_killed = false;  // the memory is that of a kill, not of the samples
  Duration seen{};             // from the first sample to the last
  bool trusted = false;        // they are enough to lower a size
};

/// What a recommender has seen, for the one that goes on after it.
struct UsageRecord {
  DecayingHistogram::State cpu;     // cores
  DecayingHistogram::State memory;  // bytes
  std::int64_t samples = 0;
  TimePoint first{};
  TimePoint last{};
  double memory_peak = 0;   // bytes, of the last hour or two
  double killed_needs = 0;  // bytes
  TimePoint killed{};
  bool operator==(const UsageRecord&) const = default;
};

/// The rules are those that Kubernetes documents of its vertical autoscaler's recommender, with its
/// numbers: histograms with a half-life of 24 h, a margin of 15 %, an out-of-memory kill that asks
/// for 20 % or 100 MiB more, whichever is more. The percentile is 95 instead of 90. Two rules are
/// our own: memory, of which a process has no less when there is no more, is never below the most
/// that was used within the last hour or two; and nothing is lowered to less than the floor times
/// 1 + (history asked for) / (history there is), where theirs counts by days.
class SizeRecommender {
 public:
  static constexpr Duration kHalfLife = std::chrono::hours(24);
  static constexpr double kPercentile = 0.95;
  static constexpr double kMargin = 0.15;
  static constexpr double kKillRatio = 1.2;
  static constexpr double kKillBytes = 100.0 * (1 << 20);
  static constexpr Duration kKillMemory = std::chrono::hours(8 * 24);  // then it is forgotten
  static constexpr Duration kPeakWindow = std::chrono::hours(1);
  static constexpr int kSamplesMin = 10;

  /// Nothing is trusted on less than so much history.
  explicit SizeRecommender(Duration history) : history_(history) {}

  void set_history(Duration history) { history_ = history; }
  /// Refused (false): amounts that are negative or no number.
  bool observe(const UsageSample& sample);
  /// The kernel ended a replica that had so much memory.
  void out_of_memory(double limit_bytes, TimePoint time);
  SizeFloor floor(TimePoint now) const;
  UsageRecord record() const;
  /// Goes on from `record` where it knows more than this one, which has only begun.
  void take_over(const UsageRecord& record);

 private:
  double memory_peak() const { return std::max(peak_, peak_before_); }

  Duration history_;
  DecayingHistogram cpu_{{0.001, 1.05, 1000}, kHalfLife};
  DecayingHistogram memory_{{1 << 20, 1.05, 1e13}, kHalfLife};
  std::int64_t samples_ = 0;
  TimePoint first_{};
  TimePoint last_{};
  TimePoint window_{};       // began
  double peak_ = 0;          // memory in this window …
  double peak_before_ = 0;   // … and in the one before
  double killed_needs_ = 0;  // bytes
  TimePoint killed_{};
};

}  // namespace starling
