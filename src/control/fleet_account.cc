#include "control/fleet_account.h"

#include <atomic>
#include <utility>

namespace starling {

void FleetAccount::note(const Membership::Changes& changes) {
  for (auto& account : accounts_) {
    account.changes.members.insert(changes.members.begin(), changes.members.end());
    account.changes.models.insert(changes.models.begin(), changes.models.end());
  }
}

void FleetAccount::note_line(const std::string& model) {
  for (auto& account : accounts_) account.changes.models.insert(model);
}

void FleetAccount::note_models() {
  for (auto& account : accounts_) account.stale = true;
}

ModelView FleetAccount::view_of(const StoredSpec& stored) const {
  const std::string& name = stored.spec.name;
  const auto& order = known_.line.of(name);
  ModelView model{stored, order.empty() ? "" : order.front(), {}, 0, 0, 0};
  if (const ModelSummary* told = known_.summary_of(name)) model.summary = *told;
  for (const ReplicaStatus* replica : known_.members.replicas_of(name)) {
    if (replica->state == ReplicaState::kReady) ++model.ready;
    if (replica->state == ReplicaState::kStarting) ++model.starting;
    if (replica->state == ReplicaState::kDraining) ++model.draining;
  }
  return model;
}

FleetView FleetAccount::view(TimePoint now, bool settled, std::uint64_t commands_fenced) const {
  FleetView view;
  view.now = now;
  view.self = known_.self();
  view.settled = settled;
  view.commands_fenced = commands_fenced;
  for (const auto& [name, member] : known_.members.members()) view.members.push_back(member);
  for (const auto& [name, stored] : known_.specs.all()) view.models.push_back(view_of(stored));
  return view;
}

bool FleetAccount::take_in(const Membership::Changes& changes, FleetView& view) const {
  if (view.members.size() != known_.members.members().size()) return false;
  for (const auto& name : changes.members) {
    const Member* now = known_.members.find(name);
    Member* told = view.member(name);
    if (now == nullptr || told == nullptr) return false;
    *told = *now;
  }
  for (const auto& name : changes.models) {
    const StoredSpec* stored = known_.specs.find(name);
    if (stored == nullptr) continue;
    ModelView* told = view.model(name);
    if (told == nullptr) return false;
    *told = view_of(*stored);
  }
  return true;
}

std::shared_ptr<const FleetView> FleetAccount::update(TimePoint now, bool settled,
                                                      std::uint64_t commands_fenced) {
  last_ = 1 - last_;
  Account& account = accounts_[last_];
  const auto changes = std::exchange(account.changes, {});
  const bool kept = account.view != nullptr && account.view.use_count() == 1;
  // Whoever let go of it last had read it before.
  std::atomic_thread_fence(std::memory_order_acquire);
  const bool stale = std::exchange(account.stale, false) || account.view == nullptr;
  if (!stale && !kept) account.view = std::make_shared<FleetView>(*account.view);
  if (stale || !take_in(changes, *account.view))
    account.view = std::make_shared<FleetView>(view(now, settled, commands_fenced));
  account.view->now = now;
  account.view->settled = settled;
  account.view->commands_fenced = commands_fenced;
  return account.view;
}

}  // namespace starling
