#include "control/fleet_view.h"

#include <algorithm>
#include <utility>

namespace starling {

std::vector<const ReplicaStatus*> FleetView::replicas() const {
  std::vector<const ReplicaStatus*> all;
  for (const Member& member : members) {
    if (is_gone(member.state)) continue;
    for (const auto& replica : member.last.replicas) all.push_back(&replica);
  }
  return all;
}

const Member* FleetView::member(const std::string& name) const {
  const auto found = std::lower_bound(
      members.begin(), members.end(), name,
      [](const Member& m, const std::string& other) { return m.last.node.name < other; });
  return found == members.end() || found->last.node.name != name ? nullptr : &*found;
}

Member* FleetView::member(const std::string& name) {
  return const_cast<Member*>(std::as_const(*this).member(name));
}

ModelView* FleetView::model(const std::string& name) {
  const auto found = std::lower_bound(
      models.begin(), models.end(), name,
      [](const ModelView& m, const std::string& other) { return m.spec.spec.name < other; });
  return found == models.end() || found->spec.spec.name != name ? nullptr : &*found;
}

const std::vector<ReplicaStatus>& FleetView::own_replicas() const {
  static const std::vector<ReplicaStatus> none;
  const Member* own = member(self);
  return own == nullptr ? none : own->last.replicas;
}

}  // namespace starling
