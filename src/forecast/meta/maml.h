// First-order MAML: learns weights from which a few gradient steps adapt to any
// workload.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/net/artifact.h"
#include "forecast/net/examples.h"
#include "trace/series.h"

namespace starling {

struct MetaOptions {
  std::uint64_t seed = 7;
  Regime regime = Regime::kLong;  // of the tasks
  int hidden = 128;
  int steps = 3000;  // outer steps
  int tasks = 12;    // workloads a step
  int support = 16;  // windows of a workload's past that the inner loop learns from
  int query = 16;    // windows of what followed, that the outer loop judges by
  int inner_steps = 3;
  double inner_rate = 0.05;
  double outer_rate = 1e-3;    // falls to zero along a cosine
  double adapted_share = 0.5;  // of the outer loss; the rest is the loss without adaptation
};

/// Where training stands, after each outer step.
struct MetaProgress {
  int step = 0;
  int steps = 0;
  double loss = 0;          // query loss of the shared weights, smoothed
  double loss_adapted = 0;  // and of the adapted ones
};

/// A workload as a task: examples in time order; no outcome of one is in the history of an earlier
/// one.
using MetaTask = std::vector<Example>;

/// Every series as a task, some of its examples with a shortened past. Series too short for a
/// support and a query window are left out. `season`: the steps in a day, where a series covers two
/// days.
std::vector<MetaTask> tasks_of(std::span<const Series> workloads, std::uint64_t seed,
                               Regime regime = Regime::kLong);

/// Trains on one thread; the same tasks and options give the same bytes. `data` describes the tasks
/// for people. `progress` returns whether to go on; stopped early, the weights so far are the
/// result. Errors: no tasks, options out of range, a loss that is not finite.
Result<ForecasterArtifact> meta_train(
    std::span<const MetaTask> tasks, const MetaOptions& options, const std::string& data,
    const std::function<bool(const MetaProgress&)>& progress = {});

/// Steps in a day where the series covers at least two days, otherwise 0.
int season_of(const Series& series);
HistoryView history_of(const Series& series);

}  // namespace starling
