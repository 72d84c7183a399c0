#include "sim/scale_stand_ins.h"

#include "control/ownership.h"
#include "sim/node_name.h"

namespace starling {

ModelSpec scale_model(int i) {
  ModelSpec spec;
  spec.name = fmt::format("model-{:06}", i);
  spec.artifact = "/models/" + spec.name + ".pt";
  spec.resources = {250, 256LL << 20};
  spec.slo = {200ms, 99};
  spec.replicas = {1, 4};
  return spec;
}

NodeInfo scale_node(int i) {
  NodeInfo info;
  info.name = fmt::format("node-{:05}", i);
  info.cloud = cloud_name(i % 3);
  info.region = fmt::format("region{}", i % 3);
  info.zone = fmt::format("z{}", i / 3 % 3);
  info.cpu_millis = 16000;
  info.memory_bytes = 64LL << 30;
  info.price_per_cpu_hour = 0.03 + 0.01 * (i % 3);
  info.api_address = fmt::format("10.{}.{}.1:8080", i / 250, i % 250);
  info.gateway_address = fmt::format("10.{}.{}.1:8081", i / 250, i % 250);
  return info;
}

ReplicaStatus scale_replica(const ModelSpec& spec, const NodeInfo& on, int number,
                            ReplicaState state, TimePoint now, Duration cold_start) {
  ReplicaStatus r;
  r.id = fmt::format("{}-{}-{:x}-{}", spec.name, on.name, now.time_since_epoch().count(), number);
  r.model = spec.name;
  r.node = on.name;
  r.generation = generation_of(spec);
  r.state = state;
  r.address = state == ReplicaState::kReady ? on.gateway_address : "";
  r.resources = spec.resources;
  r.concurrency = spec.concurrency;
  r.started = now;
  r.cold_start = cold_start;
  r.cpu_cores = 0.1234;
  r.memory_bytes = 123'456'789;
  return r;
}

/// As an owner tells of a model in the calm case.
ModelSummary scale_account(const std::string& model, TimePoint now, Duration cold_start, Rng& rng) {
  ModelSummary s;
  s.model = model;
  s.policy = "predictive";
  s.desired = 1;
  s.forecast_method = "mix(net-0a1b2c3d)";
  s.forecast_outcomes = 60;
  s.cold_start = cold_start;
  draw_figures(s, now, rng);
  return s;
}

void draw_figures(ModelSummary& s, TimePoint now, Rng& rng) {
  s.arrival_rate = static_cast<double>(rng.poisson(40)) / 10;
  s.in_flight = rng.uniform();
  s.forecast_p50 = 4 * rng.uniform();
  s.forecast_p90 = s.forecast_p50 + 4 * rng.uniform();
  s.forecast_coverage = 1 - 0.1 * rng.uniform();
  s.latency_p50_s = 0.1 * rng.uniform();
  s.latency_p99_s = s.latency_p50_s + 0.1 * rng.uniform();
  s.service_mean_s = 0.1 * rng.uniform();
  s.service_scv = rng.uniform();
  s.decided = now - from_seconds(rng.uniform());
  s.reason = fmt::format(
      "1 replica serves a forecast of {:.1f} requests/s within the SLO at the least cost",
      s.forecast_p90);
}

void draw_figures(ReplicaStatus& r, Rng& rng) {
  r.cpu_cores = 0.1 + 0.05 * rng.uniform();
  r.memory_bytes = static_cast<std::int64_t>((100ULL << 20) + rng.below(50 << 20));
}

}  // namespace starling
