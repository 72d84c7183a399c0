// What a fleet of the scale measurement is made of: models, nodes and what nodes tell of both.
#pragma once

#include <cstdint>
#include <string>

#include "control/messages.h"

namespace starling {

/// The `i`th, of a quarter core.
ModelSpec scale_model(int i);
/// The `i`th, of 16 cores, dealt to three clouds of one region each.
NodeInfo scale_node(int i);
ReplicaStatus scale_replica(const ModelSpec& spec, const NodeInfo& on, std::uint64_t number,
                            ReplicaState state, TimePoint now, Duration cold_start);
/// As an owner tells of a model in the calm case: figures of the usual length.
ModelSummary scale_account(const std::string& model, TimePoint now, Duration cold_start);

}  // namespace starling
