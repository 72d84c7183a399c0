// Time of one decision, by policy and load.
#include <benchmark/benchmark.h>

#include "policy/make_policy.h"

namespace starling {
namespace {

void decide(benchmark::State& state, const std::string& name) {
  const auto policy = make_policy(name).value();
  Forecast forecast{TimePoint{}, 2s, "bench", std::vector<Quantiles>(4)};
  for (auto& step : forecast.steps) step.fill(static_cast<double>(state.range(0)));
  Observation observation;
  observation.arrival_rate = static_cast<double>(state.range(0));
  observation.service = {0.05, 0.5};
  observation.ready = static_cast<int>(state.range(0) / 15);
  observation.utilization = 0.8;
  observation.forecast = &forecast;
  const Objective objective{.slo_latency = 250ms, .max = 20'000};
  for (auto _ : state) {
    observation.now += 2s;
    forecast.origin = observation.now;
    benchmark::DoNotOptimize(policy->decide(observation, objective));
  }
}
BENCHMARK_CAPTURE(decide, predictive, "predictive")->Arg(10)->Arg(100)->Arg(1000)->Arg(100'000);
BENCHMARK_CAPTURE(decide, learned, "learned")->Arg(100);
BENCHMARK_CAPTURE(decide, hpa, "hpa")->Arg(100);

}  // namespace
}  // namespace starling

BENCHMARK_MAIN();
