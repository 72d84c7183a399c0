#include "api/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <functional>

#include "api/pool_json.h"

namespace starling {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric gauge(double value, std::vector<ClientMetric::Label> labels) {
  ClientMetric metric;
  metric.gauge.value = value;
  metric.label = std::move(labels);
  return metric;
}

MetricFamily family(const std::string& name, const std::string& help) {
  MetricFamily f;
  f.name = "starling_" + name;
  f.help = help;
  f.type = MetricType::Gauge;
  return f;
}

void add_models(const FleetView& view, std::vector<MetricFamily>& families) {
  const auto per_model = [&](const std::string& name, const std::string& help,
                             const std::function<double(const ModelView&)>& value) {
    auto f = family(name, help);
    for (const auto& m : view.models)
      f.metric.push_back(gauge(value(m), {{"model", m.spec.spec.name}}));
    families.push_back(std::move(f));
  };
  per_model("model_replicas_ready", "Replicas that serve.", [](auto& m) { return m.ready; });
  per_model("model_replicas_desired", "Replicas that the owner last decided on.",
            [](auto& m) { return m.summary.desired; });
  per_model("model_arrival_rate", "Requests per second, fleet-wide, last 5 s.",
            [](auto& m) { return m.summary.arrival_rate; });
  per_model("model_rejected_rate",
            "Requests per second that admission control rejected, fleet-wide, last 5 s.",
            [](auto& m) { return m.summary.rejected_rate; });
  per_model("model_forecast_p90", "0.9 quantile of requests per second over the lead time.",
            [](auto& m) { return m.summary.forecast_p90; });
  per_model("model_forecast_coverage",
            "Share of the last outcomes (at most 500) within the 0.9 quantile; 0 before the first.",
            [](auto& m) { return m.summary.forecast_coverage; });
  per_model("model_latency_p99_seconds", "99th percentile of latency, last 60 s.",
            [](auto& m) { return m.summary.latency_p99_s; });
  per_model("model_slo_attainment", "Share of the last 60 s' requests within the SLO, 0 to 1.",
            [](auto& m) { return m.summary.slo_attainment; });
  per_model("model_cold_start_seconds", "90th percentile of the measured cold start.",
            [](auto& m) { return seconds(m.summary.cold_start); });
  const auto size = [](const ModelView& m) {
    return m.summary.size ? m.summary.size->size : m.spec.spec.resources;
  };
  per_model("model_replica_cpu_millis", "CPU limit that a replica is to have.",
            [size](auto& m) { return size(m).cpu_millis; });
  per_model("model_replica_memory_bytes", "Memory limit that a replica is to have.",
            [size](auto& m) { return size(m).memory_bytes; });
}

void add_nodes(const FleetView& view, std::vector<MetricFamily>& families) {
  auto up = family("node_up", "1 while the node's heartbeats arrive.");
  auto open = family("node_schedulable", "0 while the node is cordoned or draining.");
  auto free = family("node_cpu_free_millis", "CPU that neither replicas nor promises hold.");
  for (const auto& member : view.members) {
    const std::vector<ClientMetric::Label> labels{{"node", member.last.node.name},
                                                  {"cloud", member.last.node.cloud}};
    up.metric.push_back(gauge(member.state == MemberState::kAlive ? 1 : 0, labels));
    open.metric.push_back(gauge(member.last.scheduling == Scheduling::kOpen ? 1 : 0, labels));
    free.metric.push_back(gauge(static_cast<double>(member.last.free.cpu_millis), labels));
  }
  families.push_back(std::move(up));
  families.push_back(std::move(open));
  families.push_back(std::move(free));
}

void add_pools(const FleetView& view, std::vector<MetricFamily>& families) {
  auto nodes = family("pool_nodes", "Elastic nodes of the pool, by state.");
  auto wanted = family("pool_nodes_wanted", "Elastic nodes that demand needs.");
  auto cost = family("pool_cost_per_hour", "Price of the pool's nodes for an hour.");
  auto limited = family("pool_limited", "1 while max or budget keep the pool from growing.");
  auto failing = family("pool_provider_failing", "1 while the provider's last call failed.");
  for (const auto& [p, decider] : pools_of(view)) {
    if (decider.empty()) continue;
    const std::vector<ClientMetric::Label> labels{{"pool", p.name}};
    for (const auto& [state, count] :
         {std::pair{"pending", p.pending}, {"running", p.running}, {"draining", p.draining}})
      nodes.metric.push_back(gauge(count, {{"pool", p.name}, {"state", state}}));
    wanted.metric.push_back(gauge(p.wanted, labels));
    cost.metric.push_back(gauge(p.price_per_hour * (p.pending + p.running), labels));
    limited.metric.push_back(gauge(p.limit.empty() ? 0 : 1, labels));
    failing.metric.push_back(gauge(p.error.empty() ? 0 : 1, labels));
  }
  if (nodes.metric.empty()) return;
  for (auto* f : {&nodes, &wanted, &cost, &limited, &failing}) families.push_back(std::move(*f));
}

/// "name{label=value}" in its parts; neither a label nor a value without braces.
struct CounterName {
  std::string name, label, value;
};

CounterName parts_of(const std::string& name) {
  const auto brace = name.find('{');
  const auto equals = name.find('=', brace);
  if (brace == std::string::npos || equals == std::string::npos) return {name, "", ""};
  return {name.substr(0, brace), name.substr(brace + 1, equals - brace - 1),
          name.substr(equals + 1, name.size() - equals - 2)};
}

/// Those of one name stand side by side in the map and share a family.
void add_counters(const FleetView& view, const AgentCounters& counters,
                  std::vector<MetricFamily>& families) {
  for (const auto& [name, value] : counters) {
    const CounterName parts = parts_of(name);
    const std::string full = "starling_" + parts.name + "_total";
    if (families.back().name != full) {
      MetricFamily f = family(parts.name + "_total", "Counted by the agent that answers.");
      f.type = MetricType::Counter;
      families.push_back(std::move(f));
    }
    ClientMetric metric;
    metric.counter.value = static_cast<double>(value);
    metric.label = {{"node", view.self}};
    if (!parts.label.empty()) metric.label.push_back({parts.label, parts.value});
    families.back().metric.push_back(metric);
  }
}

}  // namespace

std::string prometheus_text(const FleetView& view, const AgentCounters& counters) {
  std::vector<MetricFamily> families;
  add_nodes(view, families);
  add_models(view, families);
  add_pools(view, families);
  add_counters(view, counters, families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace starling
