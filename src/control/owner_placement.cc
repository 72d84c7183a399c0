// What an owner knows that makes one node better than another for its replicas.
#include <algorithm>

#include "control/owner.h"

namespace starling {

PlacementQuery ModelOwner::placement_query(const OwnerContext& context) const {
  constexpr double kLoadLeast = 0.2;  // a model that is idle now is there for its requests, too
  const ModelSpec& spec = spec_.spec;
  PlacementQuery query;
  query.spread = spec.spread;
  query.size = replica_size();
  if (last_ && last_->observation.ready > 0)
    query.load = std::max(kLoadLeast, last_->observation.utilization);
  query.slo = spec.slo.latency;
  query.slo_percentile = spec.slo.percentile;
  query.priority = spec.priority;
  query.service = context.demand.service_time({0, 0, 0});
  query.cold_start = cold_start();
  if (context.origins != nullptr) query.origins = context.origins->shares();
  return query;
}

PlacementView ModelOwner::placement_view(const OwnerContext& context,
                                         const std::vector<std::string>& nodes) const {
  PlacementView view{placement_query(context), options_.placement, {}, {}};
  for (const auto& name : nodes) {
    const Member* member = context.members.find(name);
    if (member == nullptr) continue;
    view.nodes[name] = member->last.node;
    view.free[name] = member->last.free;
  }
  return view;
}

std::vector<std::string> ModelOwner::stops(const std::vector<ReplicaStatus>& among, int count,
                                           const OwnerContext& context) const {
  std::vector<std::string> nodes;
  for (const auto& replica : among) nodes.push_back(replica.node);
  return choose_stops(among, count, placement_view(context, nodes));
}

}  // namespace starling
