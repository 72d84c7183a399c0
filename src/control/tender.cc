#include "control/tender.h"

#include <algorithm>
#include <tuple>

namespace starling {
namespace {

/// The name of the place that replicas should not crowd.
std::string place_of(const std::string& node, const std::string& spread,
                     const std::map<std::string, NodeInfo>& nodes) {
  const auto found = nodes.find(node);
  if (spread == "none" || found == nodes.end()) return "";
  if (spread == "cloud") return found->second.cloud;
  return found->second.cloud + "/" + found->second.region + "/" + found->second.zone;
}

/// Why `o` lost to `winner`, by the first of the criteria that told them apart.
std::string why_lost(const BidOutcome& o, int in_its_place, const std::string& place,
                     const BidOutcome& winner, int in_winners_place) {
  if (in_its_place > in_winners_place) {
    return fmt::format("{} already holds {}, {} fewer", place, in_its_place, winner.node);
  }
  if (o.price_per_hour > winner.price_per_hour) {
    return fmt::format("dearer than {} at {:.4f}", winner.node, winner.price_per_hour);
  }
  return fmt::format("as good as {}, which comes first", winner.node);
}

}  // namespace

std::vector<BidOutcome> choose_bids(const std::vector<Bid>& bids, int wanted,
                                    const std::string& spread,
                                    const std::map<std::string, NodeInfo>& nodes,
                                    const std::map<std::string, int>& already) {
  std::vector<BidOutcome> outcomes;
  for (const auto& bid : bids) {
    BidOutcome o{bid.node, "", "", bid.count, 0, 0, bid.price_per_hour, bid.reason};
    if (const auto node = nodes.find(bid.node); node != nodes.end()) {
      o.cloud = node->second.cloud;
      o.zone = node->second.zone;
    }
    outcomes.push_back(o);
  }
  std::map<std::string, int> in_place;
  for (const auto& [node, count] : already) in_place[place_of(node, spread, nodes)] += count;
  for (int i = 0; i < wanted; ++i) {
    BidOutcome* best = nullptr;
    const auto rank = [&](const BidOutcome& o) {
      return std::tuple(in_place[place_of(o.node, spread, nodes)], o.price_per_hour, o.awarded,
                        o.node);
    };
    for (auto& o : outcomes) {
      if (o.awarded < o.offered && (best == nullptr || rank(o) < rank(*best))) best = &o;
    }
    if (best == nullptr) break;
    const int in_best = in_place[place_of(best->node, spread, nodes)];
    for (auto& o : outcomes) {
      if (&o == best || o.awarded > 0 || o.offered == 0) continue;
      const auto place = place_of(o.node, spread, nodes);
      o.note = why_lost(o, in_place[place], place, *best, in_best);
    }
    ++best->awarded;
    best->note.clear();
    ++in_place[place_of(best->node, spread, nodes)];
  }
  return outcomes;
}

std::vector<std::string> choose_stops(std::vector<ReplicaStatus> replicas, int count,
                                      const std::string& spread,
                                      const std::map<std::string, NodeInfo>& nodes) {
  std::map<std::string, int> in_place;
  for (const auto& r : replicas) ++in_place[place_of(r.node, spread, nodes)];
  std::vector<std::string> stops;
  while (static_cast<int>(stops.size()) < count && !replicas.empty()) {
    const auto rank = [&](const ReplicaStatus& r) {
      const auto node = nodes.find(r.node);
      const double price = node == nodes.end() ? 0 : node->second.price_per_cpu_hour;
      return std::tuple(r.state != ReplicaState::kReady, in_place[place_of(r.node, spread, nodes)],
                        price, r.started, r.id);
    };
    const auto worst =
        std::max_element(replicas.begin(), replicas.end(),
                         [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    --in_place[place_of(worst->node, spread, nodes)];
    stops.push_back(worst->id);
    replicas.erase(worst);
  }
  return stops;
}

}  // namespace starling
