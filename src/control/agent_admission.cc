// What an agent tells its gateway to reject.
#include <algorithm>
#include <cmath>

#include "control/agent.h"

namespace starling {
namespace {

constexpr std::size_t kLoadSeconds = 5;  // as of the fleet's load in ModelSummary

GatewayLoad mean_of(const std::deque<GatewayLoad>& loads) {
  GatewayLoad mean;
  for (const auto& load : loads) {
    mean.arrival_rate += load.arrival_rate / static_cast<double>(loads.size());
    mean.in_flight += load.in_flight / static_cast<double>(loads.size());
  }
  return mean;
}

}  // namespace

void Agent::remember_load(const std::vector<ModelTraffic>& traffic) {
  std::erase_if(own_loads_, [&](const auto& entry) {
    const StoredSpec* stored = spec_of(entry.first);
    return stored == nullptr || stored->spec.admission != Admission::kReject;
  });
  for (const auto& t : traffic) {
    const StoredSpec* stored = spec_of(t.model);
    if (stored == nullptr || stored->spec.admission != Admission::kReject) continue;
    auto& loads = own_loads_[t.model];
    loads.push_back({static_cast<double>(t.arrivals), t.in_flight});
    if (loads.size() > kLoadSeconds) loads.pop_front();
    limits_stale_ = true;  // limits follow the traffic, not only the replicas
  }
}

const ModelSummary* Agent::summary_of(const std::string& model) const {
  const auto& order = ranked(model);
  const Member* owner = order.empty() ? nullptr : membership_.find(order.front());
  if (owner == nullptr || owner->state == MemberState::kDead || owner->state == MemberState::kLeft)
    return nullptr;
  const auto& owned = owner->last.owned;
  const auto found = std::find_if(owned.begin(), owned.end(),
                                  [&](const ModelSummary& s) { return s.model == model; });
  return found == owned.end() ? nullptr : &*found;
}

AdmissionLimits Agent::admission_limits(const Routes& routes) const {
  AdmissionLimits limits;
  for (const auto& model : rejecting_) {
    const auto& targets = routes.at(model);
    const ModelSpec& spec = specs_.at(model).spec;
    const ModelSummary* told = summary_of(model);
    if (told == nullptr || told->service_mean_s <= 0) continue;
    const ModelSummary& s = *told;
    const ServiceTime service{s.service_mean_s, s.service_scv, s.service_occupancy_s};
    const auto ready = static_cast<int>(targets.size());
    const auto fleet = admission_limit(ready, spec.concurrency, service, spec.slo.latency);
    const auto own = own_loads_.find(model);
    AdmissionLimit limit;
    limit.in_flight =
        gateway_limit(fleet, own == own_loads_.end() ? GatewayLoad{} : mean_of(own->second),
                      {s.arrival_rate, s.in_flight});
    const auto replicas = membership_.replicas_of(model);
    const bool starting = std::any_of(replicas.begin(), replicas.end(), [](const auto* replica) {
      return replica->state == ReplicaState::kStarting;
    });
    limit.retry_after_s = ready == 0 || starting
                              ? whole_seconds(seconds(s.cold_start))
                              : drain_seconds(fleet, ready, spec.concurrency, service);
    limits[model] = limit;
  }
  return limits;
}

}  // namespace starling
