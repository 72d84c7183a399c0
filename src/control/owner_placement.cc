// What an owner knows that makes one node better than another for its replicas, and whether any has
// room for one.
#include <algorithm>

#include "control/market.h"
#include "control/owner.h"
#include "control/tender.h"

namespace starling {
namespace {

/// Whether some live node would hold a replica if it were empty: what no node can hold is no want
/// of the fleet's.
bool could_run(const Membership& members, const std::vector<std::string>& clouds,
               const Resources& one) {
  const auto& live = members.live();
  return std::any_of(live.begin(), live.end(), [&](const std::string& name) {
    const NodeInfo& node = members.find(name)->last.node;
    return members.schedulable(name) && may_hold(clouds, one, node.cloud, node.capacity());
  });
}

/// Whether some live node that takes replicas has room for one now: one that knows no specs takes
/// none.
bool room_now(const Membership& members, const std::vector<std::string>& clouds,
              const Resources& one) {
  const auto& live = members.live();
  return std::any_of(live.begin(), live.end(), [&](const std::string& name) {
    const Heartbeat& last = members.find(name)->last;
    return last.scheduling == Scheduling::kOpen && !last.without_specs &&
           may_hold(clouds, one, last.node.cloud, last.free);
  });
}

}  // namespace

bool ModelOwner::no_room(const OwnerContext& context) const {
  const auto& clouds = spec_.spec.clouds;
  const Resources one = replica_size();
  return could_run(context.members, clouds, one) && !room_now(context.members, clouds, one);
}

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
  query.cold_start = meter_.cold_start();
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
