// Where a training stands, in a file.
#pragma once

#include <string>

#include "base/result.h"
#include "policy/ppo/training.h"

namespace starling::ppo {

struct TrainingState {
  int update = 0;
  ConstraintPrices prices;
};

/// Restores state, weights and moments in place. Errors: no such JSON, or of a training with other
/// options or workloads.
Result<void> read_checkpoint(const std::string& path, const TrainingOptions& options,
                             TrainingState& state, ActorCritic& network, net::AdamW& optimiser);
/// Replaces the file at once.
Result<void> write_checkpoint(const std::string& path, const TrainingOptions& options,
                              const TrainingState& state, ActorCritic& network,
                              net::AdamW& optimiser);

}  // namespace starling::ppo
