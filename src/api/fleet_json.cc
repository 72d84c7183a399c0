#include "api/fleet_json.h"

#include "control/epochs.h"

namespace starling {

using Json = nlohmann::json;

namespace {

Json resources(const Resources& r) {
  return {{"cpu_millis", r.cpu_millis}, {"memory_bytes", r.memory_bytes}, {"gpus", r.gpus}};
}

Json node(const Member& member, TimePoint now) {
  const auto& info = member.last.node;
  return {{"name", info.name},
          {"state", name_of(member.state)},
          {"scheduling", name_of(member.last.scheduling)},
          {"cloud", info.cloud},
          {"region", info.region},
          {"zone", info.zone},
          {"capacity", resources(info.capacity())},
          {"free", resources(member.last.free)},
          {"class", name_of(info.node_class)},
          {"price_per_cpu_hour", info.price_per_cpu_hour},
          {"price_per_gpu_hour", info.price_per_gpu_hour},
          {"price_per_gib_hour", info.price_per_gib_hour},
          {"replicas", member.last.replicas.size()},
          {"owned_models", member.last.owned.size()},
          {"heard_ago_s", seconds(now - member.heard)},
          {"api", info.api_address},
          {"gateway", info.gateway_address}};
}

Json forecast(const ModelSummary& s) {
  return {{"p50", s.forecast_p50},
          {"p90", s.forecast_p90},
          {"method", s.forecast_method},
          {"coverage_90", s.forecast_outcomes > 0 ? Json(s.forecast_coverage) : Json(nullptr)},
          {"coverage_outcomes", s.forecast_outcomes}};
}

Json size(const SizeSummary& s) {
  return {{"resources", resources(s.size)},
          {"recommended", resources(s.recommended)},
          {"floor", resources(s.floor)},
          {"reason", s.reason}};
}

Json replica(const ReplicaStatus& r, TimePoint now) {
  return {{"id", r.id},
          {"model", r.model},
          {"node", r.node},
          {"state", name_of(r.state)},
          {"address", r.address},
          {"resources", resources(r.resources)},
          {"devices", r.devices},
          {"cpu_cores", r.cpu_cores},
          {"memory_bytes", r.memory_bytes},
          {"memory_kills", r.memory_kills},
          {"age_s", seconds(now - r.started)},
          {"cold_start_s", seconds(r.cold_start)}};
}

}  // namespace

Json node_json(const FleetView& view, const Member& member) { return node(member, view.now); }

Json nodes_json(const FleetView& view) {
  Json list = Json::array();
  for (const auto& member : view.members) list.push_back(node(member, view.now));
  return list;
}

Json model_json(const FleetView& view, const ModelView& model) {
  const auto& s = model.summary;
  const bool heard = !s.model.empty();
  const bool judged = s.judged();
  return {{"name", model.spec.spec.name},
          {"revision", model.spec.revision},
          {"owner", model.owner},
          {"policy", model.spec.spec.policy},
          {"ready", model.ready},
          {"starting", model.starting},
          {"draining", model.draining},
          {"leaving", s.leaving},
          {"unplaced", s.unplaced},
          {"epoch", s.epoch == 0 ? Json(nullptr) : Json(epoch_text(s.epoch))},
          {"desired", heard ? Json(s.desired) : Json(nullptr)},
          {"arrival_rate", s.arrival_rate},
          {"rejected_rate", s.rejected_rate},
          {"in_flight", s.in_flight},
          {"forecast", heard && !s.forecast_method.empty() ? forecast(s) : Json(nullptr)},
          {"latency_ms",
           {{"p50", judged ? Json(s.latency_p50_s * 1000) : Json(nullptr)},
            {"p99", judged ? Json(s.latency_p99_s * 1000) : Json(nullptr)}}},
          {"slo_attainment", judged ? Json(s.slo_attainment) : Json(nullptr)},
          {"cold_start_s", seconds(s.cold_start)},
          {"decided_ago_s",
           heard && s.decided != TimePoint{} ? Json(seconds(view.now - s.decided)) : Json(nullptr)},
          {"reason", s.reason},
          {"problem", s.problem.empty() ? Json(nullptr) : Json(s.problem)},
          {"over_budget", s.over_budget.empty() ? Json(nullptr) : Json(s.over_budget)},
          {"size", s.size ? size(*s.size) : Json(nullptr)},
          {"manifest", to_json(model.spec.spec)}};
}

Json models_json(const FleetView& view) {
  Json list = Json::array();
  for (const auto& model : view.models) list.push_back(model_json(view, model));
  return list;
}

Json replicas_json(const FleetView& view) {
  Json list = Json::array();
  for (const ReplicaStatus* r : view.replicas()) list.push_back(replica(*r, view.now));
  return list;
}

Json status_json(const FleetView& view, std::optional<TimePoint> specs_seen) {
  return {{"answered_by", view.self},
          {"time", unix_seconds(view.now)},
          {"settled", view.settled},
          {"specs_age_s",
           specs_seen ? Json(std::max(0.0, seconds(view.now - *specs_seen))) : Json(nullptr)},
          {"nodes", nodes_json(view)},
          {"models", models_json(view)},
          {"replicas", replicas_json(view)}};
}

}  // namespace starling
