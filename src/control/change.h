// What is different between two accounts that a node gives of itself.
#pragma once

#include "control/messages.h"

namespace starling {

/// The room that a node has left by what it runs.
Resources free_by_replicas(const NodeInfo& node, const std::vector<ReplicaStatus>& replicas);

/// From what others know, `before`, to `after`, both of one node and life. `figures`: also what is
/// different in mere figures, the use of replicas and what owners tell of demand, latency and
/// forecasts. What matters to others at once is told in any case: replicas, room, epochs, sizes,
/// shortages. Pools are not told by changes.
/// `brief`: the room is left out where it is what the replicas leave.
Change change_between(const Heartbeat& before, const Heartbeat& after, bool figures,
                      bool brief = false);

/// Whether it says anything.
bool says_something(const Change& change, const Heartbeat& before);

/// After how long a node of a divided fleet tells its figures again: the fleet's together cost each
/// node no more than some KB a second, and four times that where others act on them at once.
Duration figures_pause(std::size_t fleet, std::size_t replicas, std::size_t owned, bool matter);
/// What nobody acts on, a replica that is gone or a model given up, is told after this at the
/// latest.
inline constexpr Duration kTellsGoneWithin = 30s;

/// `heartbeat` as after the change, whose sequence its content then has.
void take_in(const Change& change, Heartbeat& heartbeat);

}  // namespace starling
