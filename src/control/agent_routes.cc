// What an agent tells its gateway: where each model's requests go.
#include "base/plain_text.h"
#include "control/agent.h"

namespace starling {
namespace {

constexpr std::size_t kManyRoutes = 1'000;
constexpr Duration kRoutesPause =
    500ms;  // of so many models; shorter than AgentOptions::drain_delay

/// Whether gateways take it: of one target that they refuse they would refuse all routes.
bool routable(const ReplicaStatus& replica) {
  return is_plain(replica.id) && is_plain(replica.address) && replica.concurrency >= 1;
}

}  // namespace

void Agent::note_changes() {
  const auto changes = membership_.take_changes();
  routes_changed_.insert(changes.models.begin(), changes.models.end());
  for (auto& account : accounts_) {
    account.changes.members.insert(changes.members.begin(), changes.members.end());
    account.changes.models.insert(changes.models.begin(), changes.models.end());
  }
}

std::vector<RouteTarget> Agent::targets_of(const std::string& model) const {
  std::vector<RouteTarget> targets;
  for (const ReplicaStatus* replica : membership_.replicas_of(model)) {
    if (replica->state != ReplicaState::kReady || !routable(*replica)) continue;
    targets.push_back({replica->id, replica->address, replica->concurrency});
  }
  return targets;
}

/// Of many models they are told at once only to begin with: each time a gateway gets all of them.
void Agent::update_routes(TimePoint now, Effects& out) {
  note_changes();
  if (!specs_known_) return;
  if (!routes_stale_ && routes_changed_.empty() && !limits_stale_) return;
  if (routes_ && specs_.size() > kManyRoutes && now < routes_at_ + kRoutesPause) return;
  bool changed = !routes_;
  if (routes_stale_) {
    Routes routes;
    for (const auto& [name, stored] : specs_)
      routes.emplace_hint(routes.end(), name, targets_of(name));
    changed = changed || *routes_ != routes;
    routes_ = std::move(routes);
  } else {
    for (const auto& name : routes_changed_) {
      if (!specs_.contains(name)) continue;
      auto targets = targets_of(name);
      auto& known = (*routes_)[name];
      if (known == targets) continue;
      known = std::move(targets);
      changed = true;
    }
  }
  routes_stale_ = limits_stale_ = false;
  routes_changed_.clear();
  AdmissionLimits limits = admission_limits(*routes_);
  if (!changed && limits == limits_) return;
  limits_ = std::move(limits);
  routes_at_ = now;
  out.push_back(SetRoutes{*routes_, limits_});
}

}  // namespace starling
