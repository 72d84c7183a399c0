// Where a training stands, in a file.
#pragma once

#include <string>

#include "base/result.h"
#include "policy/ppo/training.h"

namespace starling::ppo {

/// What a training knows besides its network and its optimiser.
struct TrainingState {
  int update = 0;  // how many are done
  LagrangeMultipliers multipliers;
};

/// Restores state, weights and Adam's moments in place. Errors: no such JSON, or of a training with
/// other options or workloads; what was restored until then stays.
Result<void> read_checkpoint(const std::string& path, const TrainingOptions& options,
                             TrainingState& state, ActorCritic& network, net::AdamW& optimiser);
/// Replaces the file at once, so that a reader finds the old one or the new one whole. Errors: it
/// can't be written.
Result<void> write_checkpoint(const std::string& path, const TrainingOptions& options,
                              const TrainingState& state, ActorCritic& network,
                              net::AdamW& optimiser);

}  // namespace starling::ppo
