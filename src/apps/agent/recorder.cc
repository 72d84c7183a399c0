#include "apps/agent/recorder.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace starling::agent {
namespace {

constexpr Duration kPlacesPause = 1s;

history::ModelKey key_of(const std::string& model, const ModelSpec* spec) {
  history::ModelKey key{"default", model, "0"};
  if (spec == nullptr) return key;
  key.tenant = tenant_of(*spec);
  key.version = fmt::format("{:08x}", generation_of(*spec) & 0xffffffff);
  return key;
}

const ModelSpec* spec_of(const std::string& model, const FleetView& view) {
  for (const auto& m : view.models) {
    if (m.spec.spec.name == model) return &m.spec.spec;
  }
  return nullptr;
}

/// Nothing for an interruption that the runtime itself mends: it is no placement.
std::optional<history::PlacementFact::Event> recorded(PlacementEvent event) {
  using Event = history::PlacementFact::Event;
  switch (event) {
    case PlacementEvent::kStart:
      return Event::kStart;
    case PlacementEvent::kReady:
      return Event::kReady;
    case PlacementEvent::kStop:
      return Event::kStop;
    case PlacementEvent::kFail:
      return Event::kFail;
    case PlacementEvent::kUnready:
      break;
  }
  return std::nullopt;
}

/// Physical memory of this process; nothing where the system does not tell.
std::optional<std::int64_t> resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  if (!(statm >> total >> resident)) return std::nullopt;
  return resident * ::sysconf(_SC_PAGESIZE);
}

std::optional<std::int64_t> free_bytes(const std::filesystem::path& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (error) return std::nullopt;
  return static_cast<std::int64_t>(space.available);
}

history::ShadowFact fact_of(const ShadowOutcome& outcome, const Decision& d) {
  history::ShadowFact fact;
  fact.time = d.time;
  fact.policy = outcome.policy;
  fact.acting = outcome.acting;
  fact.wished = outcome.wished;
  fact.ready = outcome.ready;
  fact.replica_seconds = outcome.replica_s;
  fact.arrivals = outcome.arrivals;
  fact.missed_estimate = outcome.missed;
  if (outcome.acting) fact.missed = outcome.missed_actual;
  return fact;
}

/// What the observation says of service while too few requests were served is a guess, and none of
/// the history's business.
bool measured(const ServiceTime& service) {
  const ServiceTime guess;
  return service.mean_s != guess.mean_s || service.scv != guess.scv;
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
  if (d.forecast && !d.forecast->experts.empty()) {
    fact.expert = d.forecast->experts.front().name;
    fact.expert_share = d.forecast->experts.front().share;
  }
  if (const ServiceTime& service = d.observation.service; measured(service)) {
    fact.service_mean_s = service.mean_s;
    fact.service_scv = service.scv;
    fact.occupied_s = service.occupied_s();
  }
  store_.record(std::move(fact));
  for (const ShadowOutcome& outcome : d.shadow) {
    auto shadow = fact_of(outcome, d);
    shadow.model = key_of(d.model, spec);
    store_.record(std::move(shadow));
  }
  // Several decisions may go by one forecast.
  if (d.forecast && std::exchange(forecasts_[d.model], d.forecast->origin) != d.forecast->origin) {
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

void Recorder::tender_settled(const TenderSettled& tender, const ModelSpec* spec) {
  for (const BidOutcome& bid : tender.bids) {
    history::BidFact fact;
    fact.time = tender.decided;
    fact.model = key_of(tender.model, spec);
    fact.node = bid.node;
    fact.owner = tender.owner;
    fact.offered = bid.offered;
    fact.awarded = bid.awarded;
    fact.started = bid.started;
    fact.price_per_hour = bid.price_per_hour;
    fact.outcome = outcome_of(tender);
    fact.note = bid.note;
    store_.record(std::move(fact));
  }
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
  const auto event = recorded(change.event);
  if (!event) return;
  history::PlacementFact fact;
  fact.time = now;
  fact.replica = change.replica.id;
  fact.model = key_of(change.replica.model, spec);
  fact.event = *event;
  if (change.event == PlacementEvent::kReady)
    fact.cold_start_s = seconds(change.replica.cold_start);
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
    // In the history a rejected request is a failed one, so that its attainment counts it as
    // missed.
    fact.failed = static_cast<std::int64_t>(t.failed + t.rejected);
    rejected_ += t.rejected;
    fact.in_flight = t.in_flight;
    fact.queued = t.queued;
    fact.latency = t.latency;
    const ModelSpec* spec = spec_of(t.model, view);
    fact.model = key_of(t.model, spec);
    if (spec != nullptr) {
      const auto within = t.latency.count_up_to(seconds(spec->slo.latency));
      fact.within_slo = static_cast<std::int64_t>(std::min(t.completed, within));
    }
    double cores = 0;
    for (const auto& r : view.own_replicas()) {
      if (r.model != t.model) continue;
      fact.replicas_ready += r.state == ReplicaState::kReady;
      cores += r.cpu_cores;
    }
    fact.cpu_cores = cores;
    store_.record(std::move(fact));
  }
}

void Recorder::demand(const std::map<std::string, std::uint64_t>& arrivals, TimePoint second,
                      const FleetView& view) {
  for (const auto& [model, count] : arrivals) {
    history::DemandFact fact;
    fact.time = second;
    fact.model = key_of(model, spec_of(model, view));
    fact.arrivals = static_cast<std::int64_t>(count);
    store_.record(std::move(fact));
  }
}

void Recorder::places(const FleetView& view) {
  const std::lock_guard lock(mutex_);
  if (view.now - places_at_ < kPlacesPause) return;
  places_at_ = view.now;
  for (const auto& member : view.members) {
    const auto& node = member.last.node;
    if (places_[node.name] == node) continue;
    places_[node.name] = node;
    store_.record(history::PlaceInfo{node.cloud, node.region, node.zone, node.name});
  }
}

void Recorder::metered(const FleetView& view, std::optional<TimePoint> specs_seen,
                       const std::filesystem::path& data) {
  const auto reading = meter_.observe(view);
  if (!reading) return;
  const auto self = std::find_if(view.members.begin(), view.members.end(),
                                 [&](const Member& m) { return m.last.node.name == view.self; });
  if (self == view.members.end()) return;
  record_cost(view, *reading);
  record_health(view, *reading, self->last.node, specs_seen, data);
}

void Recorder::record_cost(const FleetView& view, const Reading& reading) {
  for (const auto& [model, held] : reading.models) {
    history::CostFact fact;
    fact.time = reading.start;
    fact.model = key_of(model, spec_of(model, view));
    fact.replica_seconds = held.replica_seconds;
    fact.cpu_core_seconds = held.cpu_core_seconds;
    fact.memory_gib_seconds = held.memory_gib_seconds;
    fact.cost = held.cost;
    fact.length = reading.length;
    store_.record(std::move(fact));
  }
}

void Recorder::record_health(const FleetView& view, const Reading& reading, const NodeInfo& node,
                             std::optional<TimePoint> specs_seen,
                             const std::filesystem::path& data) {
  history::HealthFact fact;
  fact.time = reading.start;
  fact.length = reading.length;
  fact.cpu_used = reading.cpu_used;
  fact.cpu_capacity = static_cast<double>(node.cpu_millis) / 1000;
  fact.memory_used_bytes = static_cast<std::int64_t>(reading.memory_held_bytes);
  fact.memory_capacity_bytes = node.memory_bytes;
  fact.replicas = reading.replicas;
  fact.members_live =
      static_cast<int>(std::count_if(view.members.begin(), view.members.end(), [](const Member& m) {
        return m.state == MemberState::kAlive;
      }));
  if (specs_seen) fact.specs_age_s = seconds(view.now - *specs_seen);
  fact.agent_rss_bytes = resident_bytes();
  fact.disk_free_bytes = free_bytes(data);
  const auto stats = store_.stats();
  const std::int64_t shed = stats.usage_rows_shed + stats.event_rows_shed + stats.rows_lost;
  fact.rows_shed = shed - std::exchange(rows_shed_, shed);
  store_.record(std::move(fact));
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
