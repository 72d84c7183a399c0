#include "control/owned_replicas.h"

#include <algorithm>

namespace starling {

OwnedReplicas PendingCommands::count(const std::vector<const ReplicaStatus*>& told,
                                     std::uint64_t generation, const ReplicaMove& move,
                                     const Membership& members, TimePoint now) {
  std::erase_if(expected_, [&](const auto& entry) { return entry.second <= now; });
  std::erase_if(stopping_, [&](const auto& entry) { return entry.second <= now; });
  OwnedReplicas found;
  for (const ReplicaStatus* replica : told) {
    expected_.erase(replica->id);
    if (replica->state == ReplicaState::kDraining || stopping_.contains(replica->id)) continue;
    if (replica->generation != generation) {
      found.outdated.push_back(*replica);
      continue;
    }
    const bool leaving = members.draining(replica->node) || move.moves(replica->id);
    (leaving ? found.leaving : found.current).push_back(*replica);
    if (replica->state != ReplicaState::kReady) continue;
    ++(leaving ? found.leaving_ready : found.ready);
    const Member* node = members.find(replica->node);
    if (node != nullptr && node->state != MemberState::kAlive)
      ++(leaving ? found.leaving_unheard : found.unheard);
  }
  found.expected = static_cast<int>(expected_.size());
  return found;
}

/// A replica on a draining node serves like any other until another stands in for it, so it counts
/// as one of those that the last decision wanted, as far as the staying ones are too few. Counted
/// beside its replacement it would look like one too many, and holds on scaling down would keep
/// both.
void OwnedReplicas::count_standing(std::optional<int> wanted) {
  if (leaving.empty()) return;
  const int all = wanted ? *wanted : std::max(staying(), ready + leaving_ready);
  standing = std::clamp(all - staying(), 0, static_cast<int>(leaving.size()));
}

}  // namespace starling
