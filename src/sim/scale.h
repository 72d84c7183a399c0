// What grows with the fleet: decisions' CPU time, traffic, memory, and how long it takes to recover
// from deaths, measured on the agents' own code.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace starling {

/// The fleet that is measured.
struct ScaleSetup {
  int nodes = 100;
  int models_per_node = 10;
  /// So many nodes run the full agent; the others are stand-ins (scale_fleet.h). 0: all up to 30
  /// nodes, and eight, or three from 5,000 nodes on, of more.
  int agents = 0;
  std::uint64_t seed = 1;
  /// Of a stand-in's models: replicas that start or stop, for each model and hour.
  double changes_per_hour = 7;
};

/// Of the full agents, over `kMeasured` of calm, and then after deaths.
struct ScaleOutcome {
  int nodes = 0;
  int agents = 0;
  int models = 0;
  double decide_p50_ms = 0, decide_p99_ms = 0;  // CPU time of one decision
  double tick_p50_ms = 0, tick_p99_ms = 0;      // of one tick, ten a second
  double view_ms = 0;                           // of an account of the fleet, ten a second
  double joined_s = 0;                          // CPU time of the first ranking of all models
  // A node and a second.
  double messages_in = 0, messages_out = 0;
  double bytes_in = 0, bytes_out = 0;
  /// Of bytes_in: heartbeats, beats, changes and digests.
  double heartbeat_bytes_in = 0;
  std::map<std::string, double> bytes_in_by_kind;
  double memory_bytes = 0;  // of one agent
  // From the deaths until all agents see live owners, and until models that lost replicas have
  // their minimum again; none: not within the time that was watched.
  std::optional<double> reown_s, replace_s;                // one node in a hundred
  std::optional<double> region_reown_s, region_replace_s;  // a third of the nodes, a whole region
};

/// Of virtual time, for which the calm is measured.
inline constexpr Duration kMeasured = 20s;

/// `progress` hears of the virtual time that has passed, of `whole`, and says whether to go on.
/// None where it did not.
std::optional<ScaleOutcome> run_scale(
    const ScaleSetup& setup,
    const std::function<bool(Duration passed, Duration whole)>& progress = {});

}  // namespace starling
