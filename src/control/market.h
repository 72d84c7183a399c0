// The exchange of capacity that is short, as one node sees it: what every owner has told of its
// model, and what a round of the exchange would make of it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "control/membership.h"
#include "policy/market/exchange.h"

namespace starling {

struct MarketModel {
  std::string name;
  std::string owner;
  Trader trader;
  Resources resources;              // of one replica
  std::vector<std::string> clouds;  // allowed ones; empty: any
  std::map<std::string, int> on;    // its replicas by node
  std::set<std::string> apart{};    // models that it may share no node with
};

struct MarketNode {
  std::string name;
  std::string cloud;
  Resources free;
  std::map<std::string, int> runs{};  // replicas of models that are kept apart from some other
};

struct Market {
  std::vector<MarketModel> models;  // by name: every node must come to the same round
  std::vector<MarketNode> nodes;
};

/// What one model may do in a round.
struct MarketPart {
  /// Replicas that are offered for, from one model.
  struct Purchase {
    std::string seller;
    std::string owner;          // of the seller
    std::vector<double> gains;  // what each is worth to the buyer, falling
  };
  int starts = 0;  // on free capacity
  std::vector<Purchase> purchases;
};

/// Whether a replica of a model fits a node of this cloud with so much free.
bool may_hold(const std::vector<std::string>& clouds, const Resources& one,
              const std::string& cloud, const Resources& free);

/// One round of `trade`: what each model of the market may do. Owners that see the same market come
/// to the same round; where they see it differently, the seller's owner and the nodes' own books
/// have the last word. A replica can be sold only where the buyer's fits in its place and meets no
/// model that it is kept apart from.
std::map<std::string, MarketPart> settle(Market market, const ExchangeOptions& options = {});

}  // namespace starling
