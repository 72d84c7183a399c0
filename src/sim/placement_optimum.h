// The best placements there are, and two that people use: what bidding is measured by.
#pragma once

#include "sim/placement_case.h"

namespace starling {

/// The placement of most value, exactly, by branch and bound: models one after the other, each over
/// all ways to spread its replicas over the nodes, cut off where even the best that the rest could
/// get alone would not beat what was found. For a handful of nodes and models. O(ways^models) at
/// worst.
Placement optimal_placement(const PlacementCase& problem);

/// What the models would be worth if each had the fleet to itself: no placement is worth more.
double value_bound(const PlacementCase& problem);

/// Which node a replica goes to.
enum class Heuristic {
  kBestFit,  // the node with the least left afterwards
  kSpread,   // the node with most left
};

/// The replicas of all models, those of most worth for their size first, each on the node that the
/// rule names, if it earns more than it costs there.
Placement heuristic_placement(const PlacementCase& problem, Heuristic heuristic);

}  // namespace starling
