#include "sim/scenario_check.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/counted.h"
#include "base/units.h"
#include "sim/capacity.h"

namespace starling {
namespace {

constexpr double kRequestsMax = 1e11;  // about an hour of simulation
constexpr double kTraceSecondsMax = 1e10;
constexpr double kDecisionsMax = 1e9;  // of all models together

/// What the models' minima take of one resource: "2 models × min 3 replicas × 1 CPU + …".
struct Needed {
  std::int64_t total = 0;
  std::string sum;
};

template <typename Amount, typename Format>
Needed needed(const Scenario& scenario, Amount amount, Format format) {
  std::map<std::pair<int, std::int64_t>, int> alike;
  for (const auto& model : scenario.models) {
    if (model.replicas.min > 0 && amount(model.resources) > 0)
      ++alike[{model.replicas.min, amount(model.resources)}];
  }
  constexpr std::size_t kTermsMax = 4;
  Needed result;
  std::size_t terms = 0;
  for (const auto& [what, models] : alike) {
    const auto [min, each] = what;
    result.total += each * min * models;
    if (++terms > kTermsMax) continue;
    result.sum += fmt::format("{}{} × min {} × {}", terms > 1 ? " + " : "",
                              counted(models, "model"), counted(min, "replica"), format(each));
  }
  if (terms > kTermsMax) result.sum += " + …";
  return result;
}

std::string cpu(std::int64_t millis) {
  return fmt::format("{:.16g} CPU", static_cast<double>(millis) / 1000);
}

std::string memory(std::int64_t bytes) { return format_memory(bytes); }

template <typename Format>
void check_minima(Fields& spec, const Needed& need, std::int64_t have, Format format) {
  if (need.total <= have) return;
  spec.problem("capacity", fmt::format("the minima do not fit: {} = {}, the nodes have {}",
                                       need.sum, format(need.total), format(have)));
}

std::string ms(double seconds) { return fmt::format("{:.4g} ms", seconds * 1000); }

}  // namespace

void check_slo(Fields& slo, const ScenarioModel& model) {
  const double limit_s = seconds(model.slo.latency);
  const double share = model.service_time.cdf(limit_s);
  if (share >= 0.5) return;
  slo.problem("latency",
              fmt::format("the {:g}th percentile of serviceTime is {}, slo.latency {}: at most "
                          "{:.0f} % of requests can ever meet it",
                          model.slo.percentile,
                          ms(model.service_time.quantile_s(model.slo.percentile / 100)),
                          ms(limit_s), std::floor(100 * share)));
}

void check_use(Fields& fields, bool by_replicas, const ScenarioModel& model) {
  const double cores = std::min(1.0, static_cast<double>(model.resources.cpu_millis) / 1000);
  const double at_least_s = model.cpu_s_per_request / cores;
  if (by_replicas && model.cpu_s_per_request > 0) {
    fields.problem("cpuPerRequest",
                   "a capacity of { replicas: N } knows no CPU: state capacity.nodes");
  } else if (at_least_s > model.service_time.mean_s() * (1 + 1e-9)) {
    fields.problem("cpuPerRequest",
                   fmt::format("{} of CPU last {} on {}, serviceTime has a mean of {}: it is that "
                               "of a request on a replica of this size, its CPU included",
                               ms(model.cpu_s_per_request), ms(at_least_s),
                               cpu(model.resources.cpu_millis), ms(model.service_time.mean_s())));
  }
  if (model.memory_use_bytes > model.resources.memory_bytes) {
    fields.problem("memoryUse",
                   fmt::format("{} are more than a replica has, {}", memory(model.memory_use_bytes),
                               memory(model.resources.memory_bytes)));
  }
  if (model.sizing.mode != SizingMode::kOff && model.cpu_s_per_request <= 0) {
    fields.problem("sizing", "needs cpuPerRequest, the CPU time of a request");
  }
}

/// Of the initial replicas, those that find a node, placed as the simulator does.
int initial_placed(const Scenario& scenario) {
  Capacity capacity(scenario.nodes, {});
  int placed = 0;
  for (const auto& model : scenario.models) {
    for (int i = 0; i < model.initial && capacity.take(model.resources, 0); ++i) ++placed;
  }
  return placed;
}

void check_room(Fields& spec, std::vector<Fields>& models, const Scenario& scenario) {
  if (!spec.ok() || scenario.nodes.empty()) return;
  std::int64_t cpu_total = 0;
  std::int64_t memory_total = 0;
  const auto cpu_of = [](const Resources& r) { return r.cpu_millis; };
  const auto memory_of = [](const Resources& r) { return r.memory_bytes; };
  for (const auto& node : scenario.nodes) {
    cpu_total += node.cpu_millis;
    memory_total += node.memory_bytes;
  }
  for (std::size_t i = 0; i < scenario.models.size(); ++i) {
    const Resources& each = scenario.models[i].resources;
    const bool fits =
        std::any_of(scenario.nodes.begin(), scenario.nodes.end(), [&](const ScenarioNode& node) {
          return node.cpu_millis >= each.cpu_millis && node.memory_bytes >= each.memory_bytes;
        });
    if (!fits) {
      models[i].problem("resources", fmt::format("a replica takes {} and {}: no node has so much",
                                                 cpu(each.cpu_millis), memory(each.memory_bytes)));
    }
  }
  check_minima(spec, needed(scenario, cpu_of, cpu), cpu_total, cpu);
  check_minima(spec, needed(scenario, memory_of, memory), memory_total, memory);
  const int initial = std::accumulate(scenario.models.begin(), scenario.models.end(), 0,
                                      [](int n, const auto& model) { return n + model.initial; });
  if (const int placed = initial_placed(scenario); placed < initial) {
    spec.problem("capacity", fmt::format("{} initial replicas do not fit: there is room for {}",
                                         initial, placed));
  }
}

void check_times(Fields& spec, std::vector<Fields>& models, const Scenario& scenario) {
  std::size_t intervals = 0;
  double requests = 0;
  for (const auto& model : scenario.models) {
    intervals = std::max(intervals, model.demand.size());
    requests += std::accumulate(model.demand.begin(), model.demand.end(), 0.0);
  }
  const double trace_s = static_cast<double>(intervals) * seconds(scenario.trace_interval);
  if (trace_s > kTraceSecondsMax) {
    spec.problem("trace", fmt::format("{} intervals × {:.6g} s = {:.3g} s: at most {:g} s can be "
                                      "simulated",
                                      intervals, seconds(scenario.trace_interval), trace_s,
                                      kTraceSecondsMax));
  }
  if (!(requests <= kRequestsMax)) {
    spec.problem("trace", fmt::format("it has {:.3g} requests: at most {:g} can be simulated",
                                      requests, kRequestsMax));
  }
  const double decisions =
      trace_s / seconds(scenario.decision_interval) * static_cast<double>(scenario.models.size());
  if (decisions > kDecisionsMax) {
    spec.problem(
        "decisionInterval",
        fmt::format("{} × {:.6g} s of trace / {} = {:.3g} decisions: at most {:g} can be simulated",
                    counted(static_cast<std::int64_t>(scenario.models.size()), "model"), trace_s,
                    format_duration(scenario.decision_interval), decisions, kDecisionsMax));
  }
  if (!spec.ok()) return;
  const Duration trace = from_seconds(trace_s);
  for (std::size_t i = 0; i < scenario.models.size(); ++i) {
    if (scenario.models[i].cold_start <= trace) continue;
    models[i].problem(
        "coldStart",
        fmt::format("{} is longer than the trace, {}: nothing that starts would serve",
                    format_duration(scenario.models[i].cold_start), format_duration(trace)));
  }
  std::vector<Fields> evictions = spec.children("evictions");
  for (std::size_t i = 0; i < evictions.size(); ++i) {
    if (scenario.evictions[i].stop_s < trace_s) continue;
    evictions[i].problem("at",
                         fmt::format("at + notice = {} is not within the trace, {}",
                                     format_duration(from_seconds(scenario.evictions[i].stop_s)),
                                     format_duration(trace)));
  }
}

}  // namespace starling
