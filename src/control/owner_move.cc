// The part of an owner that moves a replica to a better node: the new one first, then the old one
// goes, as off a draining node (owner_leaving.cc).
#include <algorithm>

#include "control/market.h"
#include "control/move.h"
#include "control/owner.h"

namespace starling {
namespace {

constexpr std::size_t kLookedAtMax = 512;  // nodes

}  // namespace

/// Among the nodes that take replicas, as far as is known here; of very many, among some by chance.
std::optional<MoveChoice> ModelOwner::best_move(const OwnedReplicas& have,
                                                const OwnerContext& context) const {
  const auto key = fmt::format("{}\n{}", spec_.spec.name, context.now.time_since_epoch().count());
  const auto live = context.members.some_live(key, kLookedAtMax);
  std::vector<std::string> looked_at;
  for (const auto& name : live) {
    const NodeInfo& info = context.members.find(name)->last.node;
    if (may_hold(spec_.spec.clouds, {}, info.cloud, {})) looked_at.push_back(name);
  }
  for (const auto& replica : have.current) looked_at.push_back(replica.node);
  const PlacementView view = placement_view(context, looked_at);
  const auto kept_out = [&](const ReplicaStatus& there) {
    return context.apart != nullptr && context.apart->contains(there.model);
  };
  std::vector<std::string> open;
  for (const auto& name : live) {
    const Heartbeat& last = context.members.find(name)->last;
    if (context.members.schedulable(name) && !last.without_specs &&
        may_hold(spec_.spec.clouds, view.query.size, last.node.cloud, last.free) &&
        std::none_of(last.replicas.begin(), last.replicas.end(), kept_out))
      open.push_back(name);
  }
  return choose_move(have.current, view, open);
}

/// Only where all is quiet: nothing starts, leaves or is asked for, and capacity is not short.
void ModelOwner::consider_move(const Decision& d, const OwnedReplicas& have,
                               const OwnerContext& context) {
  const TimePoint now = context.now;
  if (move_.begun()) {
    move_.check(have.leaving, now);
    return;
  }
  const auto serving = static_cast<int>(have.current.size());
  const bool quiet = serving > 0 && have.ready == serving && have.unheard == 0 &&
                     have.expected == 0 && have.leaving.empty() && have.outdated.empty() &&
                     d.allocation.replicas == serving && !tenders_.is_open() &&
                     !tenders_.is_placing() && !context.scarce;
  if (!quiet || !move_.may_look(now) || now < taken_ + options_.takeover_hold) return;
  if (context.budget != nullptr &&
      context.budget->budget - context.budget->in_use < context.budget->price_per_hour)
    return;  // both can't run at once
  move_.looked(best_move(have, context), now + options_.placement.move_pause);
}

}  // namespace starling
