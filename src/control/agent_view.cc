// What an agent knows of the fleet, for everybody else in its process.
#include <algorithm>
#include <atomic>

#include "control/agent.h"

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

ModelView Agent::view_of(const StoredSpec& stored) const {
  const std::string& name = stored.spec.name;
  const auto& order = ranked(name);
  ModelView model{stored, order.empty() ? "" : order.front(), {}, 0, 0, 0};
  if (const ModelSummary* told = summary_of(name)) model.summary = *told;
  for (const ReplicaStatus* replica : membership_.replicas_of(name)) {
    if (replica->state == ReplicaState::kReady) ++model.ready;
    if (replica->state == ReplicaState::kStarting) ++model.starting;
    if (replica->state == ReplicaState::kDraining) ++model.draining;
  }
  return model;
}

FleetView Agent::view(TimePoint now) const {
  FleetView view;
  view.now = now;
  view.self = ledger_.node().name;
  view.settled = now >= settled_at_;
  view.commands_fenced = commands_fenced_;
  for (const auto& [name, member] : membership_.members()) view.members.push_back(member);
  for (const auto& [name, stored] : specs_) view.models.push_back(view_of(stored));
  return view;
}

std::shared_ptr<const FleetView> Agent::account(TimePoint now) {
  note_changes();
  account_ = 1 - account_;
  Account& account = accounts_[account_];
  const auto changes = std::exchange(account.changes, {});
  const bool kept = account.view != nullptr && account.view.use_count() == 1;
  // Whoever let go of it last had read it before.
  std::atomic_thread_fence(std::memory_order_acquire);
  bool stale = std::exchange(account.stale, false) || account.view == nullptr;
  if (!stale && !kept) account.view = std::make_shared<FleetView>(*account.view);
  if (!stale) {
    FleetView& view = *account.view;
    stale = view.members.size() != membership_.members().size();
    for (auto it = changes.members.begin(); !stale && it != changes.members.end(); ++it) {
      const Member* member = membership_.find(*it);
      const auto known = std::lower_bound(
          view.members.begin(), view.members.end(), *it,
          [](const Member& m, const std::string& name) { return m.last.node.name < name; });
      stale = member == nullptr || known == view.members.end() || known->last.node.name != *it;
      if (!stale) *known = *member;
    }
    for (auto it = changes.models.begin(); !stale && it != changes.models.end(); ++it) {
      const StoredSpec* stored = spec_of(*it);
      if (stored == nullptr) continue;
      const auto known = std::lower_bound(
          view.models.begin(), view.models.end(), *it,
          [](const ModelView& m, const std::string& name) { return m.spec.spec.name < name; });
      stale = known == view.models.end() || known->spec.spec.name != *it;
      if (!stale) *known = view_of(*stored);
    }
  }
  if (stale) account.view = std::make_shared<FleetView>(view(now));
  account.view->now = now;
  account.view->settled = now >= settled_at_;
  account.view->commands_fenced = commands_fenced_;
  return account.view;
}

}  // namespace starling
