#include "apps/cli/replay_runs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace starling::cli {

ReplayProgress::ReplayProgress(std::string what)
    : what_(std::move(what)), terminal_(isatty(STDERR_FILENO) != 0) {}

ReplayProgress::~ReplayProgress() {
  if (shown_ >= 0) fmt::print(stderr, "\r\x1b[K");
}

void ReplayProgress::show(double share) {
  const int percent = static_cast<int>(100 * share);
  if (!terminal_ || percent == shown_) return;
  shown_ = percent;
  fmt::print(stderr, "\r\x1b[K{}: {} %", what_, percent);
  std::fflush(stderr);
}

Result<ReplayRuns> replay_runs(const ReplayTask& task, const std::string& policy,
                               const PolicyOptions& options, const TakeTimeline& take) {
  ReplayProgress progress(policy);
  ReplayRuns runs;
  for (int i = 0; i < task.seeds; ++i) {
    Timeline timeline;
    const bool wanted = i < task.timelines && take;
    const SimulationWatch watch{
        .timeline = wanted ? &timeline : nullptr,
        .progress = [&](double share) { progress.show((i + share) / task.seeds); }};
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
