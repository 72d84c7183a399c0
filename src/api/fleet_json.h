// The fleet's state in the form that the HTTP API serves and that `-o json` prints.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "control/fleet_view.h"

namespace starling {

nlohmann::json node_json(const FleetView& view, const Member& member);
nlohmann::json nodes_json(const FleetView& view);
nlohmann::json models_json(const FleetView& view);
nlohmann::json model_json(const FleetView& view, const ModelView& model);
nlohmann::json replicas_json(const FleetView& view);
/// Nodes, models and replicas in one, with who answered and how old its specs are.
nlohmann::json status_json(const FleetView& view, std::optional<TimePoint> specs_seen);

}  // namespace starling
