// Meta-learned weights for an artefact. No libtorch here.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/net/artifact.h"
#include "forecast/net/training.h"

namespace starling {

struct MetaTrainingOptions {
  std::string algorithm = "film-maml";  // one of meta_algorithms()
  Regime regime = Regime::kShort;
  std::uint64_t seed = 7;
  int hidden = 256;
  int steps = 3000;  // outer steps of 16 workloads
  double outer_rate = 2e-3;
  int inner_steps = 5;
  double inner_rate = 0.02;
};

/// Those whose weights an agent can adapt: it moves the film (film.h) at one rate. film-maml learns
/// for just that; maml, fomaml and anil learn weights that move as a whole or in the head.
const std::vector<std::string>& meta_algorithms();

/// Learns by episodes of workloads (docs/meta-learning.md). One thread; the same sets and options
/// give the same bytes. `progress` returns whether to go on. Errors: an unknown algorithm, no
/// workload with two windows, options out of range, a loss that is not finite, stopped.
Result<TrainedNetwork> meta_train_network(
    const std::vector<TrainingSet>& sets, const MetaTrainingOptions& options,
    const std::function<bool(const TrainingState&)>& progress = {});

}  // namespace starling
