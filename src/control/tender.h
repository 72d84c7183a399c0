// Placing replicas: which bids win. A pure function of the bids and of where replicas already are.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/decision.h"
#include "control/messages.h"

namespace starling {

/// Spreads `wanted` replicas over the bids one by one. Each goes to the bid whose place (cloud or
/// zone, as `spread` says; "none": nowhere in particular) holds the fewest replicas of the model,
/// then to the cheapest, then by node name. `already`: replicas of the model by node. Returns one
/// outcome a bid, `awarded` filled in and a note on each that lost.
std::vector<BidOutcome> choose_bids(const std::vector<Bid>& bids, int wanted,
                                    const std::string& spread,
                                    const std::map<std::string, NodeInfo>& nodes,
                                    const std::map<std::string, int>& already);

/// The `count` replicas to let go: those still starting first, then where the place is fullest,
/// then the dearest node, then the youngest.
std::vector<std::string> choose_stops(std::vector<ReplicaStatus> replicas, int count,
                                      const std::string& spread,
                                      const std::map<std::string, NodeInfo>& nodes);

}  // namespace starling
