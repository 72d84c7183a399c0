#include "control/decision.h"

namespace starling {

using Json = nlohmann::json;

namespace {

Json band_of(const Forecast& forecast) {
  Json steps = Json::array();
  for (std::size_t i = 0; i < forecast.steps.size(); ++i) {
    steps.push_back({{"at", unix_seconds(forecast.origin + static_cast<int>(i) * forecast.step)},
                     {"p10", forecast.quantile(i, 0.1)},
                     {"p50", forecast.quantile(i, 0.5)},
                     {"p90", forecast.quantile(i, 0.9)}});
  }
  Json experts = Json::array();
  for (const ExpertShare& expert : forecast.experts) {
    experts.push_back({{"name", expert.name}, {"share", expert.share}});
  }
  const CoverageSoFar& coverage = forecast.coverage;
  return {{"method", forecast.method},
          {"origin", unix_seconds(forecast.origin)},
          {"step_s", seconds(forecast.step)},
          {"steps", steps},
          {"experts", experts},
          {"coverage_90",
           {{"outcomes", coverage.outcomes},
            {"share", coverage.share},
            {"recent_outcomes", coverage.recent_outcomes},
            {"recent_share", coverage.recent_share}}},
          {"drift_at", forecast.drift ? Json(unix_seconds(*forecast.drift)) : Json(nullptr)}};
}

Json shadows_of(const std::vector<ShadowOutcome>& outcomes) {
  Json all = Json::array();
  for (const auto& o : outcomes) {
    all.push_back({{"policy", o.policy},
                   {"acting", o.acting},
                   {"wished", o.wished},
                   {"ready", o.ready},
                   {"replica_s", o.replica_s},
                   {"arrivals", o.arrivals},
                   {"missed_estimate", o.missed}});
  }
  return all;
}

Json resources(const Resources& r) {
  return {{"cpu_millis", r.cpu_millis}, {"memory_bytes", r.memory_bytes}};
}

Json sized(const SizeDecision& s) {
  return {{"mode", name_of(s.mode)},
          {"resources", resources(s.size)},
          {"recommended", resources(s.recommended)},
          {"floor", resources(s.floor.size)},
          {"cpu_p95_cores", s.floor.cpu_p95},
          {"memory_p95_bytes", s.floor.memory_p95},
          {"history_s", seconds(s.floor.seen)},
          {"reason", s.reason}};
}

Json observed(const Observation& o) {
  return {{"arrival_rate", o.arrival_rate},
          {"in_flight", o.in_flight},
          {"queued", o.queued},
          {"utilization", o.utilization},
          {"ready", o.ready},
          {"unmeasured", o.unmeasured},
          {"starting", o.starting},
          {"concurrency", o.concurrency},
          {"cold_start_s", seconds(o.cold_start)},
          {"interval_s", seconds(o.interval)},
          {"service_mean_s", o.service.mean_s},
          {"occupied_s", o.service.occupied_s()},
          {"service_scv", o.service.scv},
          {"service_assumed", o.service_assumed}};
}

}  // namespace

Json to_json(const std::vector<BidOutcome>& bids) {
  Json all = Json::array();
  for (const auto& b : bids) {
    all.push_back({{"node", b.node},
                   {"cloud", b.cloud},
                   {"zone", b.zone},
                   {"offered", b.offered},
                   {"awarded", b.awarded},
                   {"started", b.started},
                   {"price_per_hour", b.price_per_hour},
                   {"cost_per_hour", b.cost_per_hour},
                   {"note", b.note}});
  }
  return all;
}

Json to_json(const Decision& d) {
  Json candidates = Json::array();
  for (const auto& c : d.allocation.candidates) {
    candidates.push_back({{"replicas", c.replicas}, {"miss_probability", c.miss_probability}});
  }
  Json guards = Json::array();
  for (const auto& g : d.allocation.guards) {
    guards.push_back({{"guard", g.guard}, {"detail", g.detail}, {"from", g.from}, {"to", g.to}});
  }
  return {{"time", unix_seconds(d.time)},
          {"model", d.model},
          {"owner", d.owner},
          {"policy", d.policy},
          {"current", d.current},
          {"desired", d.allocation.replicas},
          {"reason", d.allocation.reason},
          {"planned_rate", d.allocation.planned_rate},
          {"observation", observed(d.observation)},
          {"objective",
           {{"slo_latency_s", seconds(d.objective.slo_latency)},
            {"slo_percentile", d.objective.slo_percentile},
            {"min", d.objective.min},
            {"max", d.objective.max}}},
          {"forecast", d.forecast ? band_of(*d.forecast) : Json(nullptr)},
          {"candidates", candidates},
          {"guards", guards},
          {"worth", {{"gains", d.allocation.values.gains}, {"losses", d.allocation.values.losses}}},
          {"size", d.size ? sized(*d.size) : Json(nullptr)},
          {"shadow", shadows_of(d.shadow)},
          {"bids", to_json(d.bids)},
          {"outcome", outcome_of(d)}};
}

std::string outcome_of(const Decision& decision) {
  return decision.outcome.empty() ? "none" : decision.outcome;
}

}  // namespace starling
