#include "apps/cli/replay_runs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace starling::cli {
namespace {

/// How far one policy is, rewritten in place: on a terminal only.
class Progress {
 public:
  Progress(std::string policy, int seeds) : policy_(std::move(policy)), seeds_(seeds) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() {
    if (shown_ >= 0) fmt::print(stderr, "\r\x1b[K");
  }

  void show(int seed, double share) {
    const int percent = static_cast<int>(100 * (seed + share) / seeds_);
    if (!terminal_ || percent == shown_) return;
    shown_ = percent;
    fmt::print(stderr, "\r\x1b[K{}: {} %", policy_, percent);
    std::fflush(stderr);
  }

 private:
  std::string policy_;
  int seeds_;
  bool terminal_ = isatty(STDERR_FILENO) != 0;
  int shown_ = -1;
};

}  // namespace

Result<ReplayRuns> replay_runs(const ReplayTask& task, const std::string& policy,
                               const PolicyOptions& options, const TakeTimeline& take) {
  Progress progress(policy, task.seeds);
  ReplayRuns runs;
  for (int i = 0; i < task.seeds; ++i) {
    Timeline timeline;
    const bool wanted = i < task.timelines && take;
    const SimulationWatch watch{.timeline = wanted ? &timeline : nullptr,
                                .progress = [&](double share) { progress.show(i, share); }};
    const std::uint64_t seed = task.seed + static_cast<std::uint64_t>(i);
    auto outcome = replay(*task.scenario, policy, task.forecaster, seed, watch, options);
    if (!outcome) return fail(outcome.error());
    runs.push_back(std::move(*outcome));
    if (!wanted) continue;
    if (Status taken = take(seed, std::move(timeline)); !taken) return fail(taken.error());
  }
  return runs;
}

}  // namespace starling::cli
