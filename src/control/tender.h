// Placing replicas: which bids win. A pure function of the bids and of where replicas already are.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "control/decision.h"
#include "control/messages.h"
#include "control/placement.h"

namespace starling {

/// Nodes that a call for bids goes to at most, beside the caller's own; see agent_bidders.cc.
inline constexpr std::size_t kBiddersMax = 64;

/// Gives `wanted` replicas to the bids one by one, each to the one where it costs least (see
/// PlacementCost), then where fewer were given, then
/// by node name. `already`: replicas of the model by node. Returns one outcome a bid, `awarded` and
/// `cost_per_hour` filled in and a note on each that lost.
std::vector<BidOutcome> choose_bids(const std::vector<Bid>& bids, int wanted,
                                    const PlacementView& view,
                                    const std::map<std::string, int>& already);

/// The `count` replicas to let go: those still starting first, then where one costs most, then the
/// youngest.
std::vector<std::string> choose_stops(std::vector<ReplicaStatus> replicas, int count,
                                      const PlacementView& view);

}  // namespace starling
