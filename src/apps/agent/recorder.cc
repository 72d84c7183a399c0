#include "apps/agent/recorder.h"

#include <algorithm>

namespace starling::agent {
namespace {

history::ModelKey key_of(const std::string& model, const ModelSpec* spec) {
  history::ModelKey key{"default", model, "0"};
  if (spec == nullptr) return key;
  if (const auto tenant = spec->labels.find("tenant"); tenant != spec->labels.end())
    key.tenant = tenant->second;
  key.version = fmt::format("{:08x}", generation_of(*spec) & 0xffffffff);
  return key;
}

}  // namespace

void Recorder::decided(const Decision& d, const ModelSpec* spec) {
  auto json = to_json(d);
  history::DecisionFact fact;
  fact.time = d.time;
  fact.model = key_of(d.model, spec);
  fact.policy = d.policy;
  fact.desired = d.allocation.replicas;
  fact.current = d.current;
  fact.reason = d.allocation.reason;
  fact.planned_rate = d.allocation.planned_rate;
  fact.guards_json = json["guards"].dump();
  fact.candidates_json = json["candidates"].dump();
  fact.arrival_rate = d.observation.arrival_rate;
  fact.in_flight = d.observation.in_flight;
  fact.queued = d.observation.queued;
  fact.utilization = d.observation.utilization;
  fact.ready = d.observation.ready;
  fact.starting = d.observation.starting;
  fact.cold_start_s = seconds(d.observation.cold_start);
  store_.record(std::move(fact));
  if (d.forecast) {
    history::ForecastFact forecast;
    forecast.origin = d.forecast->origin;
    forecast.model = key_of(d.model, spec);
    forecast.method = d.forecast->method;
    forecast.step = d.forecast->step;
    for (const auto& step : d.forecast->steps) forecast.steps.push_back(step);
    store_.record(std::move(forecast));
  }
  const std::lock_guard lock(mutex_);
  decisions_.push_front(std::move(json));
  if (decisions_.size() > kDecisionsKept) decisions_.pop_back();
}

void Recorder::tender_settled(const TenderSettled& tender, const ModelSpec*) {
  const std::lock_guard lock(mutex_);
  for (auto& decision : decisions_) {
    if (decision["model"] != tender.model || decision["time"] != unix_seconds(tender.decided)) {
      continue;
    }
    decision["bids"] = to_json(tender.bids);
    break;
  }
}

void Recorder::placed(const PlacementChanged& change, TimePoint now, const ModelSpec* spec) {
  using Event = history::PlacementFact::Event;
  static const std::map<std::string, Event> kEvents{{"start", Event::kStart},
                                                    {"ready", Event::kReady},
                                                    {"stop", Event::kStop},
                                                    {"fail", Event::kFail}};
  const auto event = kEvents.find(change.event);
  if (event == kEvents.end())
    return;  // an interruption that the runtime itself mends is no placement
  history::PlacementFact fact;
  fact.time = now;
  fact.replica = change.replica.id;
  fact.model = key_of(change.replica.model, spec);
  fact.event = event->second;
  if (event->second == Event::kReady) fact.cold_start_s = seconds(change.replica.cold_start);
  fact.detail = change.detail;
  store_.record(std::move(fact));
}

void Recorder::traffic(const std::vector<ModelTraffic>& traffic, TimePoint second,
                       const FleetView& view) {
  for (const auto& t : traffic) {
    history::UsageFact fact;
    fact.time = second;
    fact.arrivals = static_cast<std::int64_t>(t.arrivals);
    fact.completed = static_cast<std::int64_t>(t.completed);
    fact.failed = static_cast<std::int64_t>(t.failed);
    fact.in_flight = t.in_flight;
    fact.queued = t.queued;
    if (t.latency.count() > 0) {
      fact.latency_mean_ms = t.latency.mean() * 1000;
      fact.latency_p50_ms = t.latency.quantile(0.5) * 1000;
      fact.latency_p95_ms = t.latency.quantile(0.95) * 1000;
      fact.latency_p99_ms = t.latency.quantile(0.99) * 1000;
    }
    const ModelSpec* spec = nullptr;
    for (const auto& m : view.models) {
      if (m.spec.spec.name == t.model) spec = &m.spec.spec;
    }
    fact.model = key_of(t.model, spec);
    double cores = 0;
    for (const auto& r : view.replicas) {
      if (r.model != t.model || r.node != view.self) continue;
      fact.replicas_ready += r.state == ReplicaState::kReady;
      cores += r.cpu_cores;
    }
    fact.cpu_cores = cores;
    store_.record(std::move(fact));
  }
}

void Recorder::places(const FleetView& view) {
  const std::lock_guard lock(mutex_);
  for (const auto& member : view.members) {
    const auto& node = member.last.node;
    if (places_[node.name] == node) continue;
    places_[node.name] = node;
    store_.record(history::PlaceInfo{node.cloud, node.region, node.zone, node.name});
  }
}

std::vector<nlohmann::json> Recorder::decisions(const std::string& model, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::vector<nlohmann::json> found;
  for (const auto& decision : decisions_) {
    if (found.size() >= limit) break;
    if (model.empty() || decision["model"] == model) found.push_back(decision);
  }
  return found;
}

}  // namespace starling::agent
