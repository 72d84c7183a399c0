// What this node's replicas hold and use, added up over ten seconds: the cost and health of the
// history.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "control/fleet_view.h"

namespace starling::agent {

/// What one model's replicas on the node held.
struct Held {
  double replica_seconds = 0;
  double cpu_core_seconds = 0;  // reserved
  double memory_gib_seconds = 0;
  double cost = 0;  // of all that they reserved, GPUs too, as bids price it
};

/// One period, of about Meter::kPeriod.
struct Reading {
  TimePoint start{};
  Duration length{};
  std::map<std::string, Held> models;
  double cpu_used = 0;           // cores, mean
  double memory_held_bytes = 0;  // reserved, mean
  int replicas = 0;              // at the end
};

/// A function of the views it is shown: no clock of its own.
class Meter {
 public:
  static constexpr Duration kPeriod = 10s;

  /// Takes it that the view's replicas on its own node have been as they are since the last call;
  /// of a longer pause than kPeriod nothing is known, and no more than kPeriod counted. Gives the
  /// period that has ended with this call, if one has: periods end at multiples of kPeriod.
  std::optional<Reading> observe(const FleetView& view);

 private:
  std::optional<TimePoint> last_;
  Reading current_;
};

}  // namespace starling::agent
