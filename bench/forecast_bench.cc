// Forecasts a second of the shipped network and of exponential smoothing, and adaptations a second.
#include <benchmark/benchmark.h>

#include <cmath>

#include "base/rng.h"
#include "forecast/baselines.h"
#include "forecast/meta/online_forecaster.h"
#include "forecast/net/net_forecaster.h"

namespace starling {
namespace {

const std::filesystem::path kArtifact = STARLING_SOURCE_DIR "/models/forecaster.bin";
constexpr int kHorizon = 12;

/// Histories of `points` Poisson counts around a slow wave, each with a level of its own.
struct Fleet {
  Fleet(int count, int points) {
    Rng rng(1);
    for (int i = 0; i < count; ++i) {
      const double level = rng.uniform(5, 200), period = rng.uniform(20, 200);
      auto& history = values.emplace_back();
      for (int t = 0; t < points; ++t) {
        history.push_back(
            static_cast<double>(rng.poisson(level * (1 + 0.5 * std::sin(t * 6.283 / period)))));
      }
    }
    present.assign(static_cast<std::size_t>(points), 1);
    for (const auto& history : values) views.push_back({history, present, {}, 5s, 0});
  }

  std::vector<std::vector<double>> values;
  std::vector<std::uint8_t> present;
  std::vector<HistoryView> views;
};

void run(benchmark::State& state, const Forecaster& forecaster) {
  const Fleet fleet(static_cast<int>(state.range(0)), 720);  // an hour in steps of five seconds
  for (auto _ : state) benchmark::DoNotOptimize(forecaster.forecast(fleet.views, kHorizon));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void network(benchmark::State& state) {
  const auto forecaster = NetForecaster::load(kArtifact);
  if (!forecaster) return state.SkipWithError(forecaster.error().message.c_str());
  run(state, **forecaster);
}
BENCHMARK(network)->Arg(1)->Arg(1000)->Unit(benchmark::kMillisecond);

void smoothing(benchmark::State& state) { run(state, **make_forecaster("ses")); }
BENCHMARK(smoothing)->Arg(1)->Arg(1000)->Unit(benchmark::kMillisecond);

void adaptation(benchmark::State& state) {
  auto online = OnlineForecaster::load(kArtifact);
  if (!online) return state.SkipWithError(online.error().message.c_str());
  const Fleet fleet(static_cast<int>(state.range(0)), 720);
  std::vector<NamedHistory> named;
  for (const auto& view : fleet.views) named.push_back({fmt::format("m{}", named.size()), view});
  for (auto _ : state) benchmark::DoNotOptimize(online->adapt(named));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(adaptation)->Arg(1)->Arg(32)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace starling

BENCHMARK_MAIN();
