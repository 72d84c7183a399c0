#include "control/move.h"

#include <algorithm>
#include <map>

#include "control/ledger.h"
#include "control/resources.h"

namespace starling {
namespace {

/// What the move costs an hour of the stay: the replica runs twice until the new one serves.
double switching_cost(const PlacementView& view, double price) {
  constexpr Duration kHandOver = 15s;  // until gateways know, and what is in flight is done
  const Duration twice = view.query.cold_start + view.options.artifact_fetch + kHandOver;
  return price * seconds(twice) / std::max(1.0, seconds(view.options.stay));
}

/// What one replica costs here or there while the others stay where they are.
class Costs {
 public:
  Costs(const std::vector<ReplicaStatus>& replicas, const PlacementView& view) : view_(view) {
    for (const auto& replica : replicas) ++in_place_[place(view.nodes.at(replica.node))];
    // Not of where the replicas are: what latency is worth would change with each move, and a
    // replica could go to and fro between a near node and one that costs nothing.
    double sum = 0;
    int holding = 0;
    for (const auto& [name, info] : view.nodes) {
      if (!fits(view.query.size, info.capacity())) continue;
      sum += price_per_hour(info, view.query.size);
      ++holding;
    }
    if (view.reference_price > 0) {
      reference_ = view.reference_price;
    } else if (sum > 0) {
      reference_ = sum / holding;
    }
  }

  double reference() const { return reference_; }
  PlacementCost here(const ReplicaStatus& replica) const {
    return at(replica.node, replica.node, true, replica.resources);
  }
  PlacementCost there(const ReplicaStatus& replica, const std::string& node) const {
    return at(node, replica.node, false, {0, 0});
  }

 private:
  std::string place(const NodeInfo& info) const { return place_of(info, view_.query.spread); }

  PlacementCost at(const std::string& node, const std::string& left, bool warm,
                   const Resources& given_back) const {
    const NodeInfo& info = view_.nodes.at(node);
    PlacementOffer offer{info, price_per_hour(info, view_.query.size), warm, {0, 0}, 0};
    if (const auto free = view_.free.find(node); free != view_.free.end())
      offer.free = sum(free->second, given_back);
    const auto held = in_place_.find(place(info));
    if (held != in_place_.end()) {
      const bool same = place(info) == place(view_.nodes.at(left));
      offer.in_place = held->second - (same ? 1 : 0);
    }
    return placement_cost(view_.query, offer, reference_, view_.options);
  }

  const PlacementView& view_;
  std::map<std::string, int> in_place_;
  double reference_ = 1;  // where all is free, places still count
};

}  // namespace

std::optional<MoveChoice> choose_move(const std::vector<ReplicaStatus>& replicas,
                                      const PlacementView& view,
                                      const std::vector<std::string>& open) {
  const bool known = std::all_of(replicas.begin(), replicas.end(), [&](const ReplicaStatus& r) {
    return view.nodes.contains(r.node);
  });
  if (replicas.empty() || !known) return std::nullopt;
  const Costs costs(replicas, view);
  std::optional<MoveChoice> best;
  for (const auto& replica : replicas) {
    const PlacementCost here = costs.here(replica);
    const double least = std::max(view.options.move_share * costs.reference(),
                                  view.options.move_advantage * switching_cost(view, here.price));
    for (const auto& node : open) {
      const auto free = view.free.find(node);
      if (node == replica.node || !view.nodes.contains(node) || free == view.free.end() ||
          !fits(view.query.size, free->second))
        continue;
      const double gain = here.total() - costs.there(replica, node).total();
      if (gain > least && (!best || gain > best->gain))
        best = MoveChoice{replica.id, node, gain, here.total(), costs.reference()};
    }
  }
  return best;
}

}  // namespace starling
