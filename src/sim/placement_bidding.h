// Placement by bidding, as the control plane does it: owners' tenders, nodes' books, the exchange
// and moves, with every message counted.
#pragma once

#include "sim/placement_case.h"

namespace starling {

/// Where bidding put the replicas, and what it took.
struct BiddingOutcome {
  Placement placement;
  int decisions = 0;      // of owners, those that changed nothing included
  int messages = 0;       // all together
  int messages_most = 0;  // for one decision
  int rounds = 0;         // until nothing changed any more
};

/// Owners decide in turn, in an order drawn for each round, until nobody wants anything: each asks
/// for what it is short of and then for a better place for one replica; then each that is still
/// short makes offers for what others hold, on the nodes where it would gain most. An owner knows
/// its own model, the nodes' prices and what is free of them, and of other models what a replica on
/// each node is worth to them.
BiddingOutcome place_by_bidding(const PlacementCase& problem, Rng rng);

}  // namespace starling
