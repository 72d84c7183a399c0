// What a fleet of the scale measurement is made of: models, nodes and what nodes tell of both.
#pragma once

#include <cstdint>
#include <string>

#include "base/rng.h"
#include "control/messages.h"

namespace starling {

/// The `i`th, of a quarter core.
ModelSpec scale_model(int i);
/// The `i`th, of 16 cores, dealt to three clouds of one region each.
NodeInfo scale_node(int i);
/// The model's replica of this number, as its node tells of it.
ReplicaStatus scale_replica(const ModelSpec& spec, const NodeInfo& on, int number,
                            ReplicaState state, TimePoint now, Duration cold_start);
/// As an owner tells of a model in the calm case: figures of the usual length.
ModelSummary scale_account(const std::string& model, TimePoint now, Duration cold_start, Rng& rng);
/// Figures anew, no two alike: on the wire they take what real ones do.
void draw_figures(ModelSummary& account, TimePoint now, Rng& rng);
void draw_figures(ReplicaStatus& replica, Rng& rng);

}  // namespace starling
