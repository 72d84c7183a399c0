#include "sim/replay.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "base/nearest.h"
#include "manifest/policy_choice.h"
#include "policy/make_policy.h"
#include "policy/oracle.h"
#include "policy/peers/round_robin.h"
#include "policy/queueing.h"
#include "policy/static_policy.h"
#include "sim/capacity.h"
#include "sim/replica_cpu.h"

namespace starling {
namespace {

constexpr std::int64_t kShareMax = 1'000'000;  // replicas

int bounded(int replicas, const ScenarioModel& model) {
  return std::clamp(replicas, model.replicas.min, model.replicas.max);
}

/// What the queueing model recommends for a number of requests in each interval of the trace.
int sized_for(double requests, const Scenario& scenario, const ScenarioModel& model) {
  const Objective objective{model.slo.latency, model.slo.percentile, model.replicas.min,
                            model.replicas.max};
  const ServiceTime service =
      service_on(model, static_cast<double>(model.resources.cpu_millis) / 1000);
  const double rate = requests / seconds(scenario.trace_interval);
  return bounded(size_for(rate, service, model.concurrency, objective).replicas, model);
}

/// Mean requests per second in each interval of the trace.
std::vector<double> rates_of(const ScenarioModel& model, Duration interval) {
  std::vector<double> rates;
  for (const double requests : model.demand) rates.push_back(requests / seconds(interval));
  return rates;
}

ModelRun fixed(int replicas, const std::string& name) {
  return {std::make_unique<StaticPolicy>(replicas, name), replicas, false};
}

std::vector<int> dealt(const Scenario& scenario, const std::vector<int>& maxima,
                       Capacity& capacity) {
  return deal_in_turn(maxima, [&](std::size_t model) {
    return capacity.take(scenario.models[model].resources, 0).has_value();
  });
}

/// The capacity dealt in turn to the models, one replica each.
std::vector<int> dealt_to(const Scenario& scenario) {
  Capacity capacity(scenario.nodes, {});
  std::vector<int> maxima;
  for (const auto& model : scenario.models) maxima.push_back(model.replicas.max);
  return dealt(scenario, maxima, capacity);
}

/// As many replicas as fit into an equal share of CPU and memory; what is left over is dealt in
/// turn, one each. What a model may not have of its share stays unused.
std::vector<int> fair_shares(const Scenario& scenario) {
  Capacity capacity(scenario.nodes, {});
  const Resources all = capacity.open_total(0);
  const auto count = static_cast<std::int64_t>(scenario.models.size());
  std::vector<int> shares;
  for (const auto& model : scenario.models) {
    const Resources& one = model.resources;
    std::int64_t fit = all.cpu_millis / count / std::max<std::int64_t>(1, one.cpu_millis);
    if (one.memory_bytes > 0) fit = std::min(fit, all.memory_bytes / count / one.memory_bytes);
    shares.push_back(static_cast<int>(std::min<std::int64_t>(fit, kShareMax)));
  }
  std::vector<int> given = dealt(scenario, shares, capacity);
  const std::vector<int> more = dealt(scenario, std::vector<int>(shares.size(), 1), capacity);
  for (std::size_t i = 0; i < given.size(); ++i) given[i] += more[i];
  return given;
}

/// Replicas by model of a policy that splits the capacity once and for all; none of another.
std::vector<int> split_of(const Scenario& scenario, const std::string& policy) {
  if (policy == "fair-share") return fair_shares(scenario);
  if (policy == "round-robin") return dealt_to(scenario);
  return {};
}

/// `split`: see split_of().
Result<ModelRun> run_for(const Scenario& scenario, std::size_t index, const std::string& policy,
                         const std::vector<int>& split, PolicyOptions options) {
  const auto& model = scenario.models[index];
  if (policy == "fair-share") {
    return fixed(bounded(split[index], model), policy);
  }
  if (policy == "round-robin") return fixed(split[index], policy);
  if (policy == "static-peak") {
    const auto peak = std::max_element(model.demand.begin(), model.demand.end());
    return fixed(sized_for(peak == model.demand.end() ? 0 : *peak, scenario, model), policy);
  }
  if (policy == "static-mean") {
    const double sum = std::accumulate(model.demand.begin(), model.demand.end(), 0.0);
    const auto intervals = static_cast<double>(std::max<std::size_t>(1, model.demand.size()));
    return fixed(sized_for(sum / intervals, scenario, model), policy);
  }
  if (policy == "oracle") {
    return ModelRun{std::make_unique<OraclePolicy>(rates_of(model, scenario.trace_interval),
                                                   scenario.trace_interval),
                    model.initial, false};
  }
  if (policy == "exchange-oracle") {
    options.valuation.truth = rates_of(model, scenario.trace_interval);
    options.valuation.truth_step = scenario.trace_interval;
    auto made = make_policy("predictive", options);
    if (!made) return fail(made.error());
    return ModelRun{std::move(*made), model.initial};
  }
  auto made = make_policy(policy, options);
  if (!made) return fail(made.error());
  return ModelRun{std::move(*made), model.initial};
}

bool uses_forecast(std::string_view policy) {
  return policy == "predictive" || policy == "learned" || policy == "exchange-oracle" ||
         policy == "greedy";
}

ReplayOutcome summed(const std::string& policy, std::vector<ModelOutcome> models) {
  ReplayOutcome outcome;
  outcome.policy = policy;
  LatencyCounts latencies;
  std::uint64_t served = 0, met = 0;
  double latency_sum_s = 0, busy_s = 0, slot_s = 0, model_shares = 0;
  for (const auto& model : models) {
    const auto& totals = model.totals;
    outcome.requests += totals.arrived;
    outcome.dropped += totals.dropped;
    outcome.rejected += totals.rejected;
    outcome.admission = outcome.admission || model.admission == Admission::kReject;
    outcome.replica_hours += model.replica_s / 3600;
    outcome.core_hours += model.core_s / 3600;
    outcome.cost += model.cost;
    outcome.size_changes += model.size_changes;
    outcome.sized = outcome.sized || model.sized;
    outcome.scale_actions += model.scale_actions;
    served += totals.served;
    met += totals.met_slo;
    latency_sum_s += totals.latency_sum_s;
    busy_s += totals.busy_s;
    slot_s += model.replica_s * model.concurrency;
    model_shares += totals.arrived > 0
                        ? static_cast<double>(totals.met_slo) / static_cast<double>(totals.arrived)
                        : 1;
    latencies.merge(totals.latencies);
  }
  if (outcome.requests > 0) {
    outcome.slo_attainment = static_cast<double>(met) / static_cast<double>(outcome.requests);
  }
  if (outcome.requests > outcome.rejected) {
    outcome.slo_attainment_admitted =
        static_cast<double>(met) / static_cast<double>(outcome.requests - outcome.rejected);
  }
  if (!models.empty())
    outcome.slo_attainment_model_mean = model_shares / static_cast<double>(models.size());
  if (served > 0) outcome.latency_mean_ms = latency_sum_s / static_cast<double>(served) * 1e3;
  outcome.latency_p50_ms = latencies.quantile(0.5) * 1e3;
  outcome.latency_p95_ms = latencies.quantile(0.95) * 1e3;
  outcome.latency_p99_ms = latencies.quantile(0.99) * 1e3;
  // Requests that run on after the end are busy time that no replica is charged for.
  outcome.utilization = slot_s > 0 ? std::min(1.0, busy_s / slot_s) : 0;
  outcome.models = std::move(models);
  return outcome;
}

}  // namespace

const std::vector<std::string>& replay_policies() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all = known_policies();
    all.insert(all.end(), {"fair-share", "round-robin", "static-peak", "static-mean", "oracle",
                           "exchange-oracle"});
    return all;
  }();
  return names;
}

Status check_replay_policy(const std::string& policy) {
  const auto choice = read_policy_choice(policy);
  if (!choice) return fail(choice.error());
  const auto& names = replay_policies();
  if (std::find(names.begin(), names.end(), choice->policy) != names.end()) return {};
  return fail(ErrorCode::kInvalid, "no policy named '{}'{}; known: {}", policy,
              did_you_mean(policy, names), fmt::join(names, ", "));
}

Result<ReplayOutcome> replay(const Scenario& scenario, const std::string& policy,
                             const Forecaster* forecaster, std::uint64_t seed,
                             const SimulationWatch& watch, const PolicyOptions& options) {
  if (const Status known = check_replay_policy(policy); !known) return fail(known.error());
  std::vector<ModelRun> runs;
  const std::vector<int> split = split_of(scenario, policy);
  for (std::size_t i = 0; i < scenario.models.size(); ++i) {
    auto run = run_for(scenario, i, policy, split, options);
    if (!run) return fail(run.error());
    runs.push_back(std::move(*run));
  }
  auto models = simulate(scenario, std::move(runs),
                         uses_forecast(bare_policy(policy)) ? forecaster : nullptr, seed, watch);
  if (!models) return fail(models.error());
  return summed(policy, std::move(*models));
}

}  // namespace starling
