#include "control/market.h"

#include <algorithm>

#include "control/resources.h"

namespace starling {
namespace {

/// Whether the model meets none there that it is kept apart from, once one of `leaving` has gone.
bool alone(const MarketModel& model, const MarketNode& node, const std::string& leaving = "") {
  return std::none_of(node.runs.begin(), node.runs.end(), [&](const auto& entry) {
    const auto& [other, count] = entry;
    return count > (other == leaving ? 1 : 0) && model.apart.contains(other);
  });
}

void put(MarketNode& node, const MarketModel& model, const Resources& room) {
  node.free = difference(room, model.resources);
  if (!model.apart.empty()) ++node.runs[model.name];
}

/// Takes the buyer's room on the first node that has it.
bool start(Market& market, const MarketModel& buyer) {
  for (MarketNode& node : market.nodes) {
    if (!may_hold(buyer.clouds, buyer.resources, node.cloud, node.free) || !alone(buyer, node))
      continue;
    put(node, buyer, node.free);
    return true;
  }
  return false;
}

/// Puts a replica of the buyer in the place of one of the seller's.
bool replace(Market& market, MarketModel& seller, const MarketModel& buyer) {
  for (MarketNode& node : market.nodes) {
    const auto here = seller.on.find(node.name);
    if (here == seller.on.end() || here->second == 0) continue;
    const Resources room = sum(node.free, seller.resources);
    if (!may_hold(buyer.clouds, buyer.resources, node.cloud, room) ||
        !alone(buyer, node, seller.name))
      continue;
    --here->second;
    if (const auto of = node.runs.find(seller.name); of != node.runs.end()) --of->second;
    put(node, buyer, room);
    return true;
  }
  return false;
}

void add_purchase(MarketPart& part, const MarketModel& seller, double gain) {
  const auto found =
      std::find_if(part.purchases.begin(), part.purchases.end(),
                   [&](const auto& purchase) { return purchase.seller == seller.name; });
  if (found != part.purchases.end()) {
    found->gains.push_back(gain);
  } else {
    part.purchases.push_back({seller.name, seller.owner, {gain}});
  }
}

}  // namespace

bool may_hold(const std::vector<std::string>& clouds, const Resources& one,
              const std::string& cloud, const Resources& free) {
  const bool allowed =
      clouds.empty() || std::find(clouds.begin(), clouds.end(), cloud) != clouds.end();
  return allowed && fits(one, free);
}

std::map<std::string, MarketPart> settle(Market market, const ExchangeOptions& options) {
  std::map<std::string, MarketPart> parts;
  std::vector<Trader> traders;
  for (const MarketModel& model : market.models) {
    parts[model.name];
    traders.push_back(model.trader);
  }
  const ExchangeActions actions{[&](std::size_t buyer) {
                                  const MarketModel& model = market.models[buyer];
                                  if (!start(market, model)) return false;
                                  ++parts[model.name].starts;
                                  return true;
                                },
                                [&](const Move& move) {
                                  MarketModel& seller = market.models[move.seller];
                                  const MarketModel& buyer = market.models[move.buyer];
                                  if (!replace(market, seller, buyer)) return false;
                                  add_purchase(parts[buyer.name], seller, move.gain);
                                  return true;
                                }};
  trade(traders, actions, options);
  return parts;
}

}  // namespace starling
