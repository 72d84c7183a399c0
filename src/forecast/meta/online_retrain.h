// Improves the shared weights on a node's own workloads.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "forecast/federated/privacy.h"
#include "forecast/net/artifact.h"
#include "trace/series.h"

namespace starling {

struct RetrainOptions {
  std::uint64_t seed = 7;  // with privacy a fresh secret one: who knows it can take the noise off
  int workloads_min = 30;  // a smaller pool only teaches its own noise
  int steps_max = 100;
  int check_every = 10;  // steps
  double rate = 1e-4;
  int judged_min = 5;  // workloads that weights made elsewhere can be judged by
  federated::PrivacyOptions privacy{};
};

/// So many steps, each on a Poisson sample that takes a window with this probability.
struct SampledSteps {
  double rate = 0;
  std::int64_t steps = 0;
};

/// What retraining came to. Losses are mean pinball losses, in units of each window's spread, on
/// the newest quarter of the workloads that were held out.
struct Retrained {
  ForecasterArtifact artifact;
  int workloads = 0;
  int held_out = 0;
  std::int64_t windows = 0;             // learned from
  std::vector<SampledSteps> sampled{};  // a network each; what a privacy accountant goes by
  double loss_before = 0;
  double loss_after = 0;
};

/// Pooled adaptation: all weights of each network that these workloads are long enough for, AdamW
/// on windows from all workloads but one in five, the number of steps (0 among them) chosen by the
/// loss on every other window of the others; the losses told are of the rest. The windows learned
/// from all end before the newest quarter of the time begins, so both the workloads and the hours
/// that judge are unseen. One thread; the same input and options give the same bytes. `go_on` is
/// asked before each step; stopped early, the best so far is the result. Errors: fewer than
/// workloads_min workloads with enough past.
Result<Retrained> retrain(const ForecasterArtifact& from, std::span<const Series> workloads,
                          const RetrainOptions& options = {},
                          const std::function<bool()>& go_on = {});

/// The loss of any weights on the windows that `retrain` would judge by, comparable with its
/// losses. Where it would refuse the pool, nothing is learned from it and all workloads judge, if
/// they are judged_min. Errors: fewer.
Result<double> held_out_loss(const ForecasterArtifact& artifact, std::span<const Series> workloads,
                             const RetrainOptions& options = {});

}  // namespace starling
