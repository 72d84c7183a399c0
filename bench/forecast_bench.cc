// Forecasts a second of the shipped network and of the baselines, and adaptations a second.
#include <benchmark/benchmark.h>

#include <cmath>

#include "base/rng.h"
#include "forecast/baselines.h"
#include "forecast/meta/fomaml.h"
#include "forecast/meta/online_forecaster.h"
#include "forecast/meta/second_order_maml.h"
#include "forecast/net/encoding.h"
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
    for (const auto& history : values) views.push_back({history, present, {}, 5min, 0});
  }

  std::vector<std::vector<double>> values;
  std::vector<std::uint8_t> present;
  std::vector<HistoryView> views;
};

/// Its first argument is the number of histories that a call forecasts.
void run(benchmark::State& state, const Forecaster& forecaster, int points = 720) {
  const Fleet fleet(static_cast<int>(state.range(0)), points);
  for (auto _ : state) benchmark::DoNotOptimize(forecaster.forecast(fleet.views, kHorizon));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void network(benchmark::State& state) {
  const auto forecaster = NetForecaster::load(kArtifact);
  if (!forecaster) return state.SkipWithError(forecaster.error().message.c_str());
  run(state, **forecaster, static_cast<int>(state.range(1)));
}
BENCHMARK(network)->ArgsProduct({{1, 1000}, {60, 2016}})->Unit(benchmark::kMillisecond);

/// What the networks see of a history, without them.
void encoding(benchmark::State& state) {
  const Fleet fleet(1000, static_cast<int>(state.range(0)));
  for (auto _ : state) {
    for (const HistoryView& view : fleet.views) benchmark::DoNotOptimize(encode(view));
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(encoding)->Arg(60)->Arg(2016)->Unit(benchmark::kMillisecond);

void baseline(benchmark::State& state, const std::string& name) {
  run(state, **make_forecaster(name));
}
BENCHMARK_CAPTURE(baseline, naive, "naive")->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(baseline, moving_average, "moving-average")
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(baseline, fast_up_slow_down, "fast-up-slow-down")
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(baseline, ses, "ses")->Arg(1)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(baseline, holt_winters, "holt-winters")->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(baseline, theta, "theta")->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(baseline, ar, "ar")->Arg(1000)->Unit(benchmark::kMillisecond);

/// The mix with its experts, calibration and learning from outcomes, one point further each time.
void online(benchmark::State& state) {
  auto online = OnlineForecaster::load(kArtifact);
  if (!online) return state.SkipWithError(online.error().message.c_str());
  constexpr std::size_t kRoom = 200;
  const auto points = static_cast<std::size_t>(state.range(1));
  const Fleet fleet(static_cast<int>(state.range(0)), static_cast<int>(points + kRoom));
  std::size_t shift = 0;
  const auto next = [&] {
    std::vector<NamedHistory> named;
    for (std::size_t i = 0; i < fleet.views.size(); ++i) {
      HistoryView view = fleet.views[i];
      view.values = view.values.subspan(shift, points);
      view.present = view.present.subspan(shift, points);
      view.start += static_cast<Duration::rep>(shift) * view.step;
      named.push_back({fmt::format("m{}", i), view});
    }
    shift = (shift + 1) % kRoom;
    return named;
  };
  // Until outcomes of all steps ahead come in every time.
  for (int i = 0; i < 20; ++i) (void)online->forecast(next(), kHorizon);
  for (auto _ : state) benchmark::DoNotOptimize(online->forecast(next(), kHorizon));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(online)->ArgsProduct({{1, 1000}, {60, 2016}})->Unit(benchmark::kMillisecond);

void adaptation(benchmark::State& state) {
  auto online = OnlineForecaster::load(kArtifact);
  if (!online) return state.SkipWithError(online.error().message.c_str());
  const Fleet fleet(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  std::vector<NamedHistory> named;
  for (const auto& view : fleet.views) named.push_back({fmt::format("m{}", named.size()), view});
  for (auto _ : state) benchmark::DoNotOptimize(online->adapt(named));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(adaptation)->ArgsProduct({{1, 64}, {60, 720}})->Unit(benchmark::kMillisecond);

/// What one outer step of meta-learning works on: `tasks` workloads with windows of each.
struct MetaStep {
  static constexpr NetworkShape kShape{Regime::kShort, 64};

  MetaStep(int tasks, int support, int query) {
    net::use_one_thread();
    Rng rng(1);
    theta = net::initial_weights(kShape, rng);
    const Fleet fleet(tasks, 720);
    std::vector<const Example*> all_support, all_query;
    for (const HistoryView& view : fleet.views) {
      windows.push_back(examples_of(view, kShape.regime, kNetHorizon, support + query));
    }
    for (const auto& task : windows) {
      std::vector<const Example*> own_support, own_query;
      for (int i = 0; i < support + query; ++i) {
        (i < support ? own_support : own_query).push_back(&task[static_cast<std::size_t>(i)]);
      }
      alone.push_back(episode(own_support, own_query, 1));
      all_support.insert(all_support.end(), own_support.begin(), own_support.end());
      all_query.insert(all_query.end(), own_query.begin(), own_query.end());
    }
    together = episode(all_support, all_query, tasks);
  }
  explicit MetaStep(const benchmark::State& state)
      : MetaStep(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)),
                 static_cast<int>(state.range(2))) {}

  static meta::Episode episode(const std::vector<const Example*>& support,
                               const std::vector<const Example*>& query, std::int64_t tasks) {
    return {tasks, meta::pinball_losses(net::batch_of(support, tasks)),
            meta::pinball_losses(net::batch_of(query, tasks))};
  }

  net::Weights theta;
  std::vector<std::vector<Example>> windows;
  meta::Episode together;            // all tasks as one batch
  std::vector<meta::Episode> alone;  // each by itself
};

constexpr meta::InnerLoop kInner{.steps = 5, .rate = 0.02};

/// One outer step of so many tasks, with so many windows of support and of query each; the time of
/// `task_by_task` over that of `second_order` is what the leading task dimension saves, of
/// `second_order` over `first_order` what the Hessians cost.
void meta_step_second_order(benchmark::State& state) {
  const MetaStep step(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(meta::maml_gradient(step.theta, step.together, kInner));
  }
}
void meta_step_first_order(benchmark::State& state) {
  const MetaStep step(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(meta::fomaml_gradient(step.theta, step.together, kInner));
  }
}
void meta_step_task_by_task(benchmark::State& state) {
  const MetaStep step(state);
  for (auto _ : state) {
    for (const meta::Episode& task : step.alone) {
      benchmark::DoNotOptimize(meta::maml_gradient(step.theta, task, kInner));
    }
  }
}
#define META_STEP(name)                         \
  BENCHMARK(name)                               \
      ->ArgNames({"tasks", "support", "query"}) \
      ->Args({16, 16, 8})                       \
      ->Args({16, 4, 4})                        \
      ->Args({64, 4, 4})                        \
      ->Unit(benchmark::kMillisecond)
META_STEP(meta_step_second_order);
META_STEP(meta_step_first_order);
META_STEP(meta_step_task_by_task);

}  // namespace
}  // namespace starling

BENCHMARK_MAIN();
