#include "control/route_table.h"

#include <algorithm>

#include "base/plain_text.h"

namespace starling {
namespace {

constexpr std::size_t kManyRoutes = 1'000;
constexpr Duration kRoutesPause =
    500ms;  // of so many models; shorter than AgentOptions::drain_delay
constexpr std::size_t kLoadSeconds = 5;  // as of the fleet's load in ModelSummary

/// Whether gateways take it: of one target that they refuse they would refuse all routes.
bool routable(const ReplicaStatus& replica) {
  return is_plain(replica.id) && is_plain(replica.address) && replica.concurrency >= 1;
}

GatewayLoad mean_of(const std::deque<GatewayLoad>& loads) {
  GatewayLoad mean;
  for (const auto& load : loads) {
    mean.arrival_rate += load.arrival_rate / static_cast<double>(loads.size());
    mean.in_flight += load.in_flight / static_cast<double>(loads.size());
  }
  return mean;
}

}  // namespace

void RouteTable::on_traffic(const std::vector<ModelTraffic>& traffic) {
  const auto& rejecting = known_.specs.rejecting();
  std::erase_if(own_loads_, [&](const auto& entry) { return !rejecting.contains(entry.first); });
  for (const auto& t : traffic) {
    if (!rejecting.contains(t.model)) continue;
    auto& loads = own_loads_[t.model];
    loads.push_back({static_cast<double>(t.arrivals), t.in_flight});
    if (loads.size() > kLoadSeconds) loads.pop_front();
    limits_stale_ = true;
  }
}

void RouteTable::note(const std::set<std::string>& models) {
  changed_.insert(models.begin(), models.end());
}

void RouteTable::note_line(const std::string& model) {
  if (known_.specs.rejecting().contains(model)) limits_stale_ = true;
}

std::vector<RouteTarget> RouteTable::targets_of(const std::string& model) const {
  std::vector<RouteTarget> targets;
  for (const ReplicaStatus* replica : known_.members.replicas_of(model)) {
    if (replica->state != ReplicaState::kReady || !routable(*replica)) continue;
    targets.push_back({replica->id, replica->address, replica->concurrency});
  }
  return targets;
}

/// Returns whether there is anything new.
bool RouteTable::make_anew() {
  Routes routes;
  for (const auto& [name, stored] : known_.specs.all())
    routes.emplace_hint(routes.end(), name, targets_of(name));
  const bool changed = !routes_ || *routes_ != routes;
  routes_ = std::move(routes);
  return changed;
}

bool RouteTable::bring_up_to_date() {
  bool changed = false;
  for (const auto& name : changed_) {
    if (!known_.specs.contains(name)) continue;
    auto targets = targets_of(name);
    auto& told = (*routes_)[name];
    if (told == targets) continue;
    told = std::move(targets);
    changed = true;
  }
  return changed;
}

/// Of many models they are told at once only to begin with: each time a gateway gets all of them.
std::optional<SetRoutes> RouteTable::update(TimePoint now) {
  if (!known_.specs.known()) return std::nullopt;
  if (!stale_ && changed_.empty() && !limits_stale_) return std::nullopt;
  if (routes_ && known_.specs.size() > kManyRoutes && now < told_at_ + kRoutesPause)
    return std::nullopt;
  const bool changed = stale_ ? make_anew() : bring_up_to_date();
  stale_ = limits_stale_ = false;
  changed_.clear();
  AdmissionLimits limits = this->limits();
  if (!changed && limits == limits_) return std::nullopt;
  limits_ = std::move(limits);
  told_at_ = now;
  return SetRoutes{*routes_, limits_};
}

/// For the models that reject; those of which no service time is known are left out.
AdmissionLimits RouteTable::limits() const {
  AdmissionLimits limits;
  for (const auto& model : known_.specs.rejecting()) {
    const ModelSummary* told = known_.summary_of(model);
    if (told == nullptr || told->service_mean_s <= 0) continue;
    const auto ready = static_cast<int>(routes_->at(model).size());
    limits[model] = limit_of(known_.specs.at(model).spec, *told, ready);
  }
  return limits;
}

AdmissionLimit RouteTable::limit_of(const ModelSpec& spec, const ModelSummary& told,
                                    int ready) const {
  const ServiceTime service{told.service_mean_s, told.service_scv, told.service_occupancy_s};
  const auto fleet = admission_limit(ready, spec.concurrency, service, spec.slo.latency);
  const auto own = own_loads_.find(spec.name);
  AdmissionLimit limit;
  limit.in_flight =
      gateway_limit(fleet, own == own_loads_.end() ? GatewayLoad{} : mean_of(own->second),
                    {told.arrival_rate, told.in_flight});
  const auto replicas = known_.members.replicas_of(spec.name);
  const bool starting = std::any_of(replicas.begin(), replicas.end(), [](const auto* replica) {
    return replica->state == ReplicaState::kStarting;
  });
  limit.retry_after_s = ready == 0 || starting
                            ? whole_seconds(seconds(told.cold_start))
                            : drain_seconds(fleet, ready, spec.concurrency, service);
  return limit;
}

}  // namespace starling
