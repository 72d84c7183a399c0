#include "control/fleet_view.h"

#include <algorithm>

namespace starling {

std::vector<const ReplicaStatus*> FleetView::replicas() const {
  std::vector<const ReplicaStatus*> all;
  for (const Member& member : members) {
    if (member.state == MemberState::kDead || member.state == MemberState::kLeft) continue;
    for (const auto& replica : member.last.replicas) all.push_back(&replica);
  }
  return all;
}

const std::vector<ReplicaStatus>& FleetView::own_replicas() const {
  static const std::vector<ReplicaStatus> none;
  const auto own = std::lower_bound(
      members.begin(), members.end(), self,
      [](const Member& m, const std::string& name) { return m.last.node.name < name; });
  return own == members.end() || own->last.node.name != self ? none : own->last.replicas;
}

}  // namespace starling
