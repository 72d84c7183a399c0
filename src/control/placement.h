// What a replica costs on a node: its price, and in money all else that counts against the node.
#pragma once

#include <map>
#include <string>

#include "control/messages.h"
#include "policy/policy.h"

namespace starling {

/// Round trips between clouds, either way round; what is not named is none.
using CloudLatencies = std::map<std::string, std::map<std::string, Duration>>;
Duration round_trip(const CloudLatencies& latencies, const std::string& a, const std::string& b);

struct PlacementOptions {
  CloudLatencies latency;
  /// A replica in a place (zone or cloud, as the manifest's `spread` says) that holds k already
  /// counts as k times so many replicas' price: what is asked for outweighs usual price lists.
  double crowding = 5;
  double evictions_per_hour = 0.02;  // of a spot node
  Duration artifact_fetch{2s};       // that a start takes longer where the model did not run lately
  Duration stay{1h};                 // that a replica is expected to run
  double stranded = 0.05;            // of the price of what it leaves useless on the node
  Duration move_pause{1min};         // between two moves of a model's
  double move_advantage = 2;         // a gain must be so many times the cost of the move …
  double move_share = 0.1;           // … and this share of the replica's price
};

/// What is to be placed, and where the model's requests come from.
struct PlacementQuery {
  Spread spread = Spread::kZone;
  Resources size{};
  double load = 0.5;                      // busy share of a replica, 0 … 1
  Duration slo{150ms};                    // of a request, …
  double slo_percentile = 99;             // … for so many percent of them
  double priority = 1;                    // see Objective
  ServiceTime service;                    // as measured, or a guess
  Duration cold_start{5s};                // of a replica whose artefact is at hand
  std::map<std::string, double> origins;  // share of the requests by cloud; empty: not known
};

/// What choices between nodes go by.
struct PlacementView {
  PlacementQuery query;
  PlacementOptions options;
  std::map<std::string, NodeInfo> nodes;
  std::map<std::string, Resources> free;  // by node, as last heard
  double reference_price = 0;             // of a replica at large; 0: by what is at hand
};

/// In money an hour, added up over the time that the replica is expected to run.
struct PlacementCost {
  double price = 0;
  double eviction = 0;    // a spot node's: the requests of a cold start, and a second start
  double latency = 0;     // requests that miss the SLO for the way between clouds
  double cold_start = 0;  // requests missed while the artefact is fetched
  double crowding = 0;    // what a failure of the place takes beyond one replica
  double stranded = 0;    // what is left of the node and of less use than before
  double away_s = 0;      // mean round trip to where requests come from
  double total() const { return price + eviction + latency + cold_start + crowding + stranded; }
};

/// What is known of a node that would take the replica.
struct PlacementOffer {
  NodeInfo node;
  double price_per_hour = 0;
  bool warm = false;  // see Bid
  Resources free{};   // before the replica; {0, 0}: not known
  int in_place = 0;   // replicas of the model in the same place
};

/// The share of requests, answered by a lognormal service time, that a round trip makes late.
double late_share(const PlacementQuery& query, double round_trip_s);

/// A missed request costs what the policy takes it for: a replica is worth its price when it saves
/// `replica_price` of what it can serve, so all that a busy replica serves is worth
/// load / replica_price times `reference_price`, the price of a replica at large.
PlacementCost placement_cost(const PlacementQuery& query, const PlacementOffer& offer,
                             double reference_price, const PlacementOptions& options);

/// The name of the place that replicas should not crowd.
std::string place_of(const NodeInfo& node, Spread spread);

}  // namespace starling
