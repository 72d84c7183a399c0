// Supervised training of one network on windows of many workloads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "base/result.h"
#include "forecast/net/artifact.h"
#include "forecast/net/windows.h"

namespace starling {

struct TrainingOptions {
  Regime regime = Regime::kShort;
  std::uint64_t seed = 7;
  int hidden = 256;
  int steps = 8000;
  int batch = 256;      // windows a step
  double rate = 1e-3;   // rises over the first 200 steps, then falls to zero along a cosine
  double decay = 1e-2;  // of the weights
  double dropout = 0.1;
  double average = 0.998;  // decay of the weights' running mean, which is what ships
  int checks = 20;         // times that the held-out loss is measured; the best weights are kept
  double superposed_share = 0;  // of a set's windows, from sums of its workloads (superposed.h)
  WindowOptions windows;
};

/// Where training stands, after each step.
struct TrainingState {
  Regime regime = Regime::kShort;
  int step = 0;
  int steps = 0;
  double loss = 0;           // of the training windows, smoothed
  double held_out_loss = 0;  // at the last check, of the averaged weights; 0 before the first
};

/// Minimises the mean pinball loss (network.h) by AdamW. One workload in ten of every set that has
/// at least ten is kept out, to choose among the checks and to report how good the result is. One
/// thread; the same sets and options give the same bytes.
///
/// With a `checkpoint` path the state is kept there after every check and when training is stopped,
/// and a run that finds such a file goes on from it, to the same result. `progress` returns whether
/// to go on; stopped early, the best weights so far are the result. Errors: no workload long
/// enough, options out of range, a loss that is not finite, a checkpoint of other options, damaged
/// or that cannot be written.
Result<TrainedNetwork> train_network(
    std::vector<TrainingSet> sets, const TrainingOptions& options,
    const std::filesystem::path& checkpoint = {},
    const std::function<bool(const TrainingState&)>& progress = {});

}  // namespace starling
