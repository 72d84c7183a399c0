#include "control/placement.h"

#include <algorithm>
#include <cmath>

#include "control/ledger.h"
#include "control/resources.h"
#include "policy/predictive.h"

namespace starling {
namespace {

constexpr double kHour_s = 3600;

/// P(a lognormal time of this mean and squared variation is above `limit_s`).
double above(double limit_s, double mean_s, double scv) {
  if (limit_s <= 0) return 1;
  const double variance = std::log1p(std::max(scv, 1e-6));
  const double location = std::log(mean_s) - variance / 2;
  return 0.5 * std::erfc((std::log(limit_s) - location) / std::sqrt(2 * variance));
}

double share_of(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

/// The price of what is free of a node and has no counterpart: CPU without memory, memory without
/// CPU, GPUs without either.
double stranded_price(const NodeInfo& node, const Resources& free) {
  const double cpu = share_of(free.cpu_millis, node.cpu_millis);
  const double memory = share_of(free.memory_bytes, node.memory_bytes);
  const double gpus = share_of(free.gpus, node.gpus);
  const double paired = std::min(cpu, memory);
  return (cpu - paired) * price_per_hour(node, {node.cpu_millis, 0}) +
         (memory - paired) * price_per_hour(node, {0, node.memory_bytes}) +
         std::max(0.0, gpus - paired) * price_per_hour(node, {0, 0, node.gpus});
}

double stranded(const PlacementQuery& query, const PlacementOffer& offer) {
  if (offer.free == Resources{0, 0}) return 0;
  const Resources left = difference(offer.free, query.size);
  if (!fits({0, 0}, left)) return 0;  // what was last heard is out of date
  return stranded_price(offer.node, left) - stranded_price(offer.node, offer.free);
}

}  // namespace

Duration round_trip(const CloudLatencies& latencies, const std::string& a, const std::string& b) {
  for (const auto& [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    const auto row = latencies.find(*from);
    if (row == latencies.end()) continue;
    if (const auto found = row->second.find(*to); found != row->second.end()) return found->second;
  }
  return {};
}

double late_share(const PlacementQuery& query, double round_trip_s) {
  if (round_trip_s <= 0) return 0;
  const double limit_s = seconds(query.slo);
  const double mean_s = query.service.mean_s > 0 ? query.service.mean_s : limit_s / 4;
  const double scv = query.service.scv > 0 ? query.service.scv : 0.1;
  return std::max(0.0, above(limit_s - round_trip_s, mean_s, scv) - above(limit_s, mean_s, scv));
}

PlacementCost placement_cost(const PlacementQuery& query, const PlacementOffer& offer,
                             double reference_price, const PlacementOptions& options) {
  PlacementCost cost;
  cost.price = offer.price_per_hour;
  const double all_missed = query.priority * std::clamp(query.load, 0.0, 1.0) * reference_price /
                            replica_price(query.slo_percentile, 0);
  double late = 0;
  for (const auto& [cloud, share] : query.origins) {
    const double away_s = seconds(round_trip(options.latency, cloud, offer.node.cloud));
    cost.away_s += share * away_s;
    late += share * late_share(query, away_s);
  }
  cost.latency = late * all_missed;
  const double start_h = seconds(query.cold_start) / kHour_s;
  const double fetch_h = offer.warm ? 0 : seconds(options.artifact_fetch) / kHour_s;
  cost.cold_start = fetch_h * all_missed / std::max(1e-3, seconds(options.stay) / kHour_s);
  if (offer.node.node_class == NodeClass::kSpot) {
    cost.eviction =
        options.evictions_per_hour * (start_h + fetch_h) * (all_missed + offer.price_per_hour);
  }
  if (query.spread != Spread::kNone)
    cost.crowding = options.crowding * reference_price * offer.in_place;
  cost.stranded = options.stranded * stranded(query, offer);
  return cost;
}

std::string place_of(const NodeInfo& node, Spread spread) {
  if (spread == Spread::kNone) return "";
  if (spread == Spread::kCloud) return node.cloud;
  return node.cloud + "/" + node.region + "/" + node.zone;
}

}  // namespace starling
