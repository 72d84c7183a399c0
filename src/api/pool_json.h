// Pools of elastic nodes in the form that the HTTP API serves.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "control/fleet_view.h"

namespace starling {

struct PoolStatus {
  PoolSummary summary;  // as the node that decides tells it; only a name where none does
  std::string decider;  // empty: none has said so yet
};

/// All pools that live nodes tell of, by name.
std::vector<PoolStatus> pools_of(const FleetView& view);
nlohmann::json pools_json(const FleetView& view);

}  // namespace starling
