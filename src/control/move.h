// Whether a replica would be better off on another node, by more than the move costs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/messages.h"
#include "control/placement.h"

namespace starling {

struct MoveChoice {
  std::string replica;
  std::string to;          // the node where it would cost least
  double gain = 0;         // money an hour
  double cost_before = 0;  // of the replica where it is, see PlacementCost …
  double reference = 0;    // … by this reference price, see choose_move()
};

/// The move that gains most among those that gain more than `move_share` of the reference price and
/// more than `move_advantage` times what running twice costs, spread over the expected stay. The
/// reference price, where the view has none, is what a replica costs in the mean over the view's
/// nodes whose capacity holds one, wherever the replicas are. Nodes in `open` take replicas; they
/// must be in the view, with what is free of them. A move and its reverse are never both worth it,
/// so between equal nodes nothing moves.
std::optional<MoveChoice> choose_move(const std::vector<ReplicaStatus>& replicas,
                                      const PlacementView& view,
                                      const std::vector<std::string>& open);

}  // namespace starling
