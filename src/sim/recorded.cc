#include "sim/recorded.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/units.h"

namespace starling {
namespace {

constexpr double kToldQuantile = 0.9;  // of the cold starts: what policies reckon with

double requests_of(const RecordedModel& model) {
  return std::accumulate(model.demand.begin(), model.demand.end(), 0.0);
}

Duration quantile_of(std::vector<double> values_s, double level) {
  std::sort(values_s.begin(), values_s.end());
  const auto rank = static_cast<std::size_t>(
      std::max(1.0, std::ceil(level * static_cast<double>(values_s.size()))));
  return from_seconds(values_s[rank - 1]);
}

/// What replicas begin with: where they are sized, the size that they had in the mean.
Resources first_size(const RecordedModel& model) {
  Resources size = model.spec.resources;
  if (model.spec.sizing.mode != SizingMode::kAuto || model.replica_s <= 0 || model.core_s <= 0)
    return size;
  size.cpu_millis = std::llround(1000 * model.core_s / model.replica_s);
  return within(model.spec.sizing, size);
}

Status check(const Recorded& recorded, const RecordedModel& model) {
  if (model.service_mean_s <= 0) {
    return fail(ErrorCode::kNotFound,
                "model '{}': the history holds no service time of it in the span: a decision "
                "records one once a handful of requests were served; take a later --since",
                model.spec.name);
  }
  if (model.cold_starts_s.empty()) {
    return fail(ErrorCode::kNotFound, "model '{}': the history holds no cold start of it",
                model.spec.name);
  }
  const Resources each = first_size(model);
  const bool fits =
      std::any_of(recorded.nodes.begin(), recorded.nodes.end(), [&](const ScenarioNode& node) {
        return node.cpu_millis >= each.cpu_millis && node.memory_bytes >= each.memory_bytes;
      });
  if (!fits) {
    return fail(ErrorCode::kInvalid,
                "model '{}': a replica takes {} CPU and {}: no node has so "
                "much",
                model.spec.name, format_cpu(each.cpu_millis), format_memory(each.memory_bytes));
  }
  const Duration cold_start = quantile_of(model.cold_starts_s, kToldQuantile);
  const Duration span = recorded.step * static_cast<std::int64_t>(model.demand.size());
  if (span <= cold_start) {
    return fail(ErrorCode::kInvalid,
                "the span has {} of history, a cold start of model '{}' takes {:.1f} s: nothing "
                "that starts would serve; take an earlier --since",
                format_duration(span), model.spec.name, seconds(cold_start));
  }
  return {};
}

/// Without a measured CPU time of a request replicas keep their first size.
void let_size(const RecordedModel& recorded, ScenarioModel& model) {
  if (recorded.completed == 0 || recorded.cpu_s <= 0) return;
  // Parsing and answering cost CPU, too, beyond the time in the model.
  const double cores = std::min(1.0, static_cast<double>(model.resources.cpu_millis) / 1000);
  model.cpu_s_per_request = recorded.cpu_s / static_cast<double>(recorded.completed);
  const double alone_s = std::max(recorded.in_model_s, model.cpu_s_per_request / cores);
  model.service_time = lognormal_of(alone_s, recorded.service_scv);
  model.sizing = recorded.spec.sizing;
  // How much memory was in use is not known.
  model.sizing.min.memory_bytes = model.sizing.max.memory_bytes = model.resources.memory_bytes;
}

ScenarioModel model_of(const RecordedModel& recorded) {
  ScenarioModel model;
  model.name = recorded.spec.name;
  model.service_time = lognormal_of(recorded.service_mean_s, recorded.service_scv);
  model.slo = recorded.spec.slo;
  model.cold_start = quantile_of(recorded.cold_starts_s, kToldQuantile);
  model.warm_start = model.cold_start;
  Distribution starts;
  starts.law = Distribution::Law::kEmpirical;
  starts.values_s = recorded.cold_starts_s;
  model.cold_start_law = starts;
  model.warm_start_law = starts;
  model.queue_limit = 1000;
  model.concurrency = recorded.spec.concurrency;
  model.replicas = recorded.spec.replicas;
  model.initial = std::clamp(recorded.initial, model.replicas.min, model.replicas.max);
  model.priority = recorded.spec.priority;
  model.admission = recorded.spec.admission;
  model.resources = first_size(recorded);
  model.demand = recorded.demand;
  if (recorded.spec.sizing.mode == SizingMode::kAuto) let_size(recorded, model);
  return model;
}

}  // namespace

Result<Scenario> scenario_of(const Recorded& recorded) {
  if (recorded.models.empty())
    return fail(ErrorCode::kNotFound, "the history holds no model's requests in the span");
  Scenario scenario;
  scenario.name = recorded.name;
  scenario.trace_interval = recorded.step;
  scenario.arrivals = Arrivals::kCounted;
  scenario.decision_interval = recorded.decision_interval;
  scenario.nodes = recorded.nodes;
  for (const RecordedModel& model : recorded.models) {
    if (Status status = check(recorded, model); !status) return fail(status.error());
    scenario.models.push_back(model_of(model));
  }
  return scenario;
}

ReplayOutcome measured_outcome(const Recorded& recorded) {
  ReplayOutcome outcome;
  outcome.policy = "measured";
  std::uint64_t completed = 0, judged = 0, within = 0;
  double latency_sum_s = 0, busy_s = 0, slot_s = 0, model_shares = 0;
  for (const RecordedModel& model : recorded.models) {
    const double requests = requests_of(model);
    outcome.requests += static_cast<std::uint64_t>(requests);
    outcome.dropped += model.failed;
    outcome.replica_hours += model.replica_s / 3600;
    outcome.core_hours += model.core_s / 3600;
    outcome.cost += model.cost;
    outcome.scale_actions += model.scale_actions;
    completed += model.completed;
    judged += model.judged;
    within += model.within_slo;
    latency_sum_s += model.latency_sum_s;
    busy_s += requests * model.service_mean_s;
    slot_s += model.replica_s * model.spec.concurrency;
    model_shares += model.judged > 0
                        ? static_cast<double>(model.within_slo) / static_cast<double>(model.judged)
                        : 1;
  }
  if (judged > 0)
    outcome.slo_attainment = static_cast<double>(within) / static_cast<double>(judged);
  if (!recorded.models.empty()) {
    outcome.slo_attainment_model_mean = model_shares / static_cast<double>(recorded.models.size());
  }
  if (completed > 0) outcome.latency_mean_ms = 1e3 * latency_sum_s / static_cast<double>(completed);
  outcome.latency_p50_ms = 1e3 * recorded.latency.quantile(0.5);
  outcome.latency_p95_ms = 1e3 * recorded.latency.quantile(0.95);
  outcome.latency_p99_ms = 1e3 * recorded.latency.quantile(0.99);
  outcome.utilization = slot_s > 0 ? std::min(1.0, busy_s / slot_s) : 0;
  return outcome;
}

}  // namespace starling
