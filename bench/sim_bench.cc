// Simulated requests per second of the request-level simulator, fixed allocation.
#include <benchmark/benchmark.h>

#include "policy/static_policy.h"
#include "sim/request_sim.h"

namespace starling {
namespace {

/// `models` models of ten-models.yaml's service time at 80 % of four replicas, for ten minutes.
Scenario fixed_scenario(int models) {
  Scenario scenario;
  scenario.name = "bench";
  const int replicas = 4 * models;
  scenario.nodes = {{"all", "", "", "", 1000LL * replicas, 0, 1, 0}};
  for (int i = 0; i < models; ++i) {
    ScenarioModel model;
    model.name = fmt::format("m{}", i);
    model.service_time = {Distribution::Law::kLognormal, 0.0793, 0.0686, 0.4225, {}};
    model.queue_limit = 50;
    model.resources = {1000, 0};
    model.demand.assign(600, 0.8 * 4 / model.service_time.mean_s() * 60);
    scenario.models.push_back(std::move(model));
  }
  return scenario;
}

void fixed_allocation(benchmark::State& state) {
  const Scenario scenario = fixed_scenario(static_cast<int>(state.range(0)));
  std::int64_t requests = 0;
  for (auto _ : state) {
    std::vector<ModelRun> runs;
    for (std::size_t i = 0; i < scenario.models.size(); ++i) {
      runs.push_back({std::make_unique<StaticPolicy>(4), 4});
    }
    const auto outcomes = simulate(scenario, std::move(runs), nullptr, 1);
    for (const auto& outcome : *outcomes)
      requests += static_cast<std::int64_t>(outcome.totals.arrived);
  }
  state.SetItemsProcessed(requests);
}
BENCHMARK(fixed_allocation)->Arg(1)->Arg(10)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace starling

BENCHMARK_MAIN();
