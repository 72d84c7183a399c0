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
    routes_version_.reset();  // limits follow the traffic, not only the replicas
  }
}

std::map<std::string, const ModelSummary*> Agent::summaries() const {
  std::map<std::string, const ModelSummary*> found;
  for (const auto& [name, member] : membership_.members()) {
    if (member.state == MemberState::kDead || member.state == MemberState::kLeft) continue;
    for (const auto& summary : member.last.owned) {
      if (owns(name, summary.model)) found[summary.model] = &summary;
    }
  }
  return found;
}

AdmissionLimits Agent::admission_limits(const Routes& routes) const {
  AdmissionLimits limits;
  const auto known = summaries();
  for (const auto& [model, targets] : routes) {
    const ModelSpec& spec = specs_.at(model).spec;
    if (spec.admission != Admission::kReject) continue;
    const auto told = known.find(model);
    if (told == known.end() || told->second->service_mean_s <= 0) continue;
    const ModelSummary& s = *told->second;
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
