// Steps per second of the environment that the policy learns in.
#include <benchmark/benchmark.h>

#include <cmath>

#include "sim/scaling_env.h"

namespace starling {
namespace {

void steps(benchmark::State& state, double cpu_share) {
  TapeSpec spec;
  spec.setting = {0.154, 0.2, 0.72, 99, 35, 10, 50, 1};
  spec.setting.cpu_share = cpu_share;
  spec.cores = 0.5;
  for (int i = 0; i < 2160; ++i) spec.rates.push_back(30 * (1.2 + std::sin(i / 60.0)));
  ScalingEnv env({std::make_shared<WorkloadTape>(spec, Rng(1))},
                 {.copies = static_cast<int>(state.range(0))});
  EnvStep step;
  env.reset(1, step);
  const std::vector<float> actions(static_cast<std::size_t>(env.size() * env.action_size()), 0.1F);
  for (auto _ : state) env.step(actions, step);
  state.SetItemsProcessed(state.iterations() * env.size());
}
BENCHMARK_CAPTURE(steps, given_size, 0.0)->Arg(256)->Arg(4096);
BENCHMARK_CAPTURE(steps, decided_size, 0.5)->Arg(256);

}  // namespace
}  // namespace starling

BENCHMARK_MAIN();
