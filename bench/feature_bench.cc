// Feature values a second: a workload's whole history at once, one moment alone, and selection.
#include <benchmark/benchmark.h>

#include <cmath>
#include <numeric>

#include "base/rng.h"
#include "feature/feature_set.h"
#include "feature/selection.h"

namespace starling {
namespace {

/// Poisson counts a minute around a daily wave.
struct Workload {
  explicit Workload(std::size_t points) : present(points, 1) {
    Rng rng(1);
    for (std::size_t t = 0; t < points; ++t) {
      const double phase = 2 * M_PI * static_cast<double>(t) / 1440;
      values.push_back(static_cast<double>(rng.poisson(50 * (1.2 + std::sin(phase)))));
    }
  }
  SeriesView view() const { return {.values = values, .present = present}; }

  std::vector<double> values;
  std::vector<std::uint8_t> present;
};

FeatureTable whole_history(const Workload& workload) {
  std::vector<std::size_t> origins(workload.values.size());
  std::iota(origins.begin(), origins.end(), 0);
  return feature_table(workload.view(), origins);
}

void history(benchmark::State& state) {
  const Workload workload(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(whole_history(workload));
  const auto features = static_cast<std::int64_t>(feature_names({}).size());
  state.SetItemsProcessed(state.iterations() * state.range(0) * features);
}
BENCHMARK(history)->Arg(1440)->Arg(100'000)->Unit(benchmark::kMillisecond);

void moment(benchmark::State& state) {
  const Workload workload(20'000);
  const std::vector<std::size_t> now{workload.values.size()};
  for (auto _ : state) benchmark::DoNotOptimize(feature_table(workload.view(), now));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(feature_names({}).size()));
}
BENCHMARK(moment)->Unit(benchmark::kMicrosecond);

void selection(benchmark::State& state) {
  const FeatureTable table = whole_history(Workload(static_cast<std::size_t>(state.range(0))));
  for (auto _ : state) benchmark::DoNotOptimize(rank_features(table));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(selection)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace starling

BENCHMARK_MAIN();
