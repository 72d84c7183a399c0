// One model's arrivals as counts of equal steps, those from before the first observation included.
#pragma once

#include <deque>
#include <optional>

#include "policy/market/demand_belief.h"
#include "policy/policy.h"

namespace starling {

/// Where a record of the past is at hand, who begins anew (a new owner, other weights, a cold start
/// unlike the one before) need not learn from nothing. What is kept of it becomes counts at once.
/// The end of it, up to the last hour, which is known by seconds, or the last gap, goes through
/// next() instead, as if it came now: a bounded part with each observation, as many models may
/// change their owner together.
class StepFeed {
 public:
  enum class Record { kLearnedAgain, kCountsAlone };

  /// Begins anew with steps of this length: `counts` becomes what is recorded from before those
  /// that next() gives. Without a record counts of such steps stay.
  void begin(const Observation& observation, Duration step, RecentCounts& counts,
             Record record = Record::kLearnedAgain);
  /// Observations come in the order of time, one a decision. Decisions that did not come about (the
  /// machine stood still) are time all the same: it went on as it does now.
  void observe(const Observation& observation);
  /// So much time has gone since the last observation that who asks does better to begin anew.
  bool lost(const Observation& observation) const;
  /// The next step's count; nothing where it is not whole yet, or this observation has had its
  /// part.
  std::optional<double> next();
  /// Whether steps that are over are still to come from next().
  bool behind() const { return !waiting_.empty(); }

 private:
  /// Steps without a decision that the next one makes up for, and of the past that one may have.
  static constexpr std::int64_t kLateMax = 24;
  static constexpr int kAtOnce = 40;

  Duration step_{};
  double count_ = 0;    // of the running step …
  Duration counted_{};  // … so much of which is known
  std::optional<TimePoint> last_;
  std::deque<double> waiting_;
  int part_ = 0;  // that next() may still give
};

}  // namespace starling
