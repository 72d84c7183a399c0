// Where a training stands, in a file.
#pragma once

#include <string>

#include "base/result.h"
#include "policy/ppo/training.h"

namespace starling::ppo {

struct TrainingState {
  int update = 0;
  double price = 0;   // the integral part of λ
  double missed = 1;  // smoothed
};

/// Restores weights and moments in place. Errors: no such JSON, or of a training with other
/// options.
Result<TrainingState> read_checkpoint(const std::string& path, const TrainingOptions& options,
                                      ActorCritic& network, net::AdamW& optimiser);
/// Replaces the file at once.
Result<void> write_checkpoint(const std::string& path, const TrainingOptions& options,
                              const TrainingState& state, ActorCritic& network,
                              net::AdamW& optimiser);

}  // namespace starling::ppo
