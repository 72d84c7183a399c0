// Running one policy of a replay with all its seeds, and saying how far it is.
#pragma once

#include <functional>
#include <string>

#include "sim/replay_summary.h"

namespace starling::cli {

/// What all policies of one replay have in common; the pointed-to things outlive it.
struct ReplayTask {
  const Scenario* scenario = nullptr;
  const Forecaster* forecaster = nullptr;
  std::uint64_t seed = 0;  // the first; those that follow it come next
  int seeds = 1;
  int timelines = 0;  // of so many first seeds the timelines are wanted
};

/// How far something is, rewritten in place on standard error: on a terminal only.
class ReplayProgress {
 public:
  explicit ReplayProgress(std::string what);
  ReplayProgress(const ReplayProgress&) = delete;
  ReplayProgress& operator=(const ReplayProgress&) = delete;
  ~ReplayProgress();
  void show(double share);

 private:
  std::string what_;
  bool terminal_;
  int shown_ = -1;
};

/// Takes a seed's timeline.
using TakeTimeline = std::function<Status(std::uint64_t seed, Timeline timeline)>;

/// One outcome a seed; on a terminal, standard error shows how far it is meanwhile. Errors: an
/// unknown policy, the forecaster's, `take`'s.
Result<ReplayRuns> replay_runs(const ReplayTask& task, const std::string& policy,
                               const PolicyOptions& options = {}, const TakeTimeline& take = {});

}  // namespace starling::cli
