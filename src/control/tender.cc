#include "control/tender.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "control/ledger.h"
#include "control/resources.h"

namespace starling {
namespace {

NodeInfo info_of(const std::string& node, const PlacementView& view) {
  const auto found = view.nodes.find(node);
  return found == view.nodes.end() ? NodeInfo{} : found->second;
}

/// Costs that differ by less are the same: sums of the same parts may not be.
double rounded(double money) { return std::round(money * 1e9); }

double reference_of(const std::vector<double>& prices, const PlacementView& view) {
  if (view.reference_price > 0) return view.reference_price;
  double sum = 0;
  int count = 0;
  for (const double price : prices) {
    sum += price;
    count += price > 0 ? 1 : 0;
  }
  return count > 0 ? sum / count : 1;  // where all is free, places still count
}

/// How a bid stood when a replica was given out.
struct Standing {
  std::string node;
  std::string place;
  int in_place = 0;  // replicas of the model in the same place
  PlacementCost cost{};
};

/// A bid while replicas are given out, and what it costs now.
struct Rival {
  BidOutcome outcome;
  PlacementOffer offer;
  std::string place;
  PlacementCost cost;

  Standing standing() const { return {outcome.node, place, offer.in_place, cost}; }
};

/// Why `o` lost to `winner`, by what most told them apart.
std::string why_lost(const Standing& o, const Standing& winner) {
  const std::string& other = winner.node;
  const auto differs = [&](double PlacementCost::*part) {
    return o.cost.*part - winner.cost.*part;
  };
  const std::vector<std::pair<double, std::string>> reasons{
      {differs(&PlacementCost::crowding),
       fmt::format("{} already holds {}, {} fewer", o.place, o.in_place, other)},
      {differs(&PlacementCost::price),
       fmt::format("dearer than {} by {:.4f}/h", other, differs(&PlacementCost::price))},
      {differs(&PlacementCost::latency),
       fmt::format("{:.0f} ms farther from the traffic than {}",
                   1000 * (o.cost.away_s - winner.cost.away_s), other)},
      {differs(&PlacementCost::eviction),
       fmt::format("a spot node, where evictions would cost {:.4f}/h", o.cost.eviction)},
      {differs(&PlacementCost::cold_start),
       fmt::format("has not run the model lately, {} starts it sooner", other)},
      {differs(&PlacementCost::stranded),
       fmt::format("would be left with a rest of less use than {}", other)}};
  const auto most =
      std::max_element(reasons.begin(), reasons.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
  if (rounded(o.cost.total()) > rounded(winner.cost.total()) && most->first > 0)
    return most->second;
  return fmt::format("as good as {}, which comes first", other);
}

std::vector<Rival> rivals(const std::vector<Bid>& bids, const PlacementView& view) {
  std::vector<Rival> all;
  for (const auto& bid : bids) {
    Rival c;
    c.outcome = {bid.node, "", "", bid.count, 0, 0, bid.price_per_hour, 0, bid.reason};
    c.offer.node = info_of(bid.node, view);
    c.offer.price_per_hour = bid.price_per_hour;
    c.offer.warm = bid.warm;
    c.offer.free = {0, 0};
    if (const auto free = view.free.find(bid.node); free != view.free.end())
      c.offer.free = free->second;
    c.outcome.cloud = c.offer.node.cloud;
    c.outcome.zone = c.offer.node.zone;
    c.place = place_of(c.offer.node, view.query.spread);
    all.push_back(std::move(c));
  }
  return all;
}

}  // namespace

std::vector<BidOutcome> choose_bids(const std::vector<Bid>& bids, int wanted,
                                    const PlacementView& view,
                                    const std::map<std::string, int>& already) {
  std::vector<Rival> all = rivals(bids, view);
  std::vector<double> prices;
  for (const auto& c : all) {
    if (c.outcome.offered > 0) prices.push_back(c.outcome.price_per_hour);
  }
  const double reference = reference_of(prices, view);
  std::map<std::string, int> in_place;
  for (const auto& [node, count] : already)
    in_place[place_of(info_of(node, view), view.query.spread)] += count;
  // The last replica that was given out, and how the others stood then, say why they lost.
  Standing winner;
  std::map<std::size_t, Standing> losers;
  for (int i = 0; i < wanted; ++i) {
    Rival* best = nullptr;
    const auto rank = [](const Rival& c) {
      return std::tuple(rounded(c.cost.total()), c.outcome.awarded, c.outcome.node);
    };
    for (auto& c : all) {
      c.offer.in_place = in_place[c.place];
      c.cost = placement_cost(view.query, c.offer, reference, view.options);
      const bool open = c.outcome.awarded < c.outcome.offered;
      if (open && (best == nullptr || rank(c) < rank(*best))) best = &c;
    }
    if (best == nullptr) break;
    winner = best->standing();
    losers.clear();
    for (std::size_t j = 0; j < all.size(); ++j) {
      const Rival& c = all[j];
      if (&c != best && c.outcome.awarded == 0 && c.outcome.offered > 0)
        losers.emplace(j, c.standing());
    }
    ++best->outcome.awarded;
    best->outcome.note.clear();
    best->outcome.cost_per_hour = best->cost.total();
    ++in_place[best->place];
    best->offer.warm = true;
    if (best->offer.free != Resources{0, 0})
      best->offer.free = difference(best->offer.free, view.query.size);
  }
  for (const auto& [j, loser] : losers) {
    all[j].outcome.note = why_lost(loser, winner);
    all[j].outcome.cost_per_hour = loser.cost.total();
  }
  std::vector<BidOutcome> outcomes;
  for (auto& c : all) outcomes.push_back(std::move(c.outcome));
  return outcomes;
}

std::vector<std::string> choose_stops(std::vector<ReplicaStatus> replicas, int count,
                                      const PlacementView& view) {
  const auto place = [&](const ReplicaStatus& r) {
    return place_of(info_of(r.node, view), view.query.spread);
  };
  std::map<std::string, int> in_place;
  std::vector<double> prices;
  for (const auto& r : replicas) {
    ++in_place[place(r)];
    prices.push_back(price_per_hour(info_of(r.node, view), r.resources));
  }
  const double reference = reference_of(prices, view);
  std::vector<std::string> stops;
  while (static_cast<int>(stops.size()) < count && !replicas.empty()) {
    const auto rank = [&](const ReplicaStatus& r) {
      PlacementOffer offer{info_of(r.node, view), 0, true, Resources{0, 0}, in_place[place(r)] - 1};
      offer.price_per_hour = price_per_hour(offer.node, r.resources);
      const double cost = placement_cost(view.query, offer, reference, view.options).total();
      return std::tuple(r.state != ReplicaState::kReady, rounded(cost), r.started, r.id);
    };
    const auto worst =
        std::max_element(replicas.begin(), replicas.end(),
                         [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    --in_place[place(*worst)];
    stops.push_back(worst->id);
    replicas.erase(worst);
  }
  return stops;
}

}  // namespace starling
