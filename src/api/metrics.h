// The fleet's state in the Prometheus text format.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "control/fleet_view.h"

namespace starling {

/// Counters that the agent itself keeps, by metric name without the "starling_" prefix;
/// "name{label=value}" has a label of its own.
using AgentCounters = std::map<std::string, std::uint64_t>;

std::string prometheus_text(const FleetView& view, const AgentCounters& counters);

}  // namespace starling
