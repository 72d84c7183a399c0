// What policies in shadow would have cost and missed beside the one that acts, over the whole
// fleet.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/fleet.h"

namespace starling::cli {

/// Asks every node's history since `since` for one model, or for all when `model` is empty:
///   {"since", "models": [{"model", "policies": [{"policy", "acting", "replica_hours",
///     "acting_replica_hours", "arrivals", "missed_estimate", "missed", "scale_actions"}]}],
///    "missing": [{"node", "reason"}]}
/// A model's acting policies come first. `acting_replica_hours` are of the decisions at which this
/// policy ran too; `missed` is null for shadows; a scale action is a decision that wishes another
/// number than the one before it. Errors: no agent answers.
Result<nlohmann::json> shadow_report(const Fleet& fleet, const std::string& model, TimePoint since);

/// Adds the rows of one node's answer to a report's `models`.
void add_shadow_rows(nlohmann::json& models, const nlohmann::json& rows);

/// The models of a report as a table; `empty` where there are none.
std::string shadow_table(const nlohmann::json& report, const std::string& empty);

}  // namespace starling::cli
