// Meta-learning what adapts: a network learned in miniature forecasts unseen workloads, and its
// film adapts to those of another kind.
#include "forecast/meta/film.h"

#include <gtest/gtest.h>

#include "forecast/baselines.h"
#include "forecast/meta/meta_learning.h"
#include "forecast/meta/online_forecaster.h"
#include "forecast/metrics.h"
#include "forecast/net/inference.h"
#include "forecast/net/net_forecaster.h"
#include "forecast/workloads_for_tests.h"

namespace starling {
namespace {

/// Learned once for all tests of this file.
const ForecasterArtifact& learned_on_waves() {
  static const ForecasterArtifact artifact = [] {
    const meta::LearningOptions options{.algorithm = meta::Algorithm::kFilmMaml,
                                        .seed = 3,
                                        .regime = Regime::kShort,
                                        .hidden = 24,
                                        .steps = 300,
                                        .tasks = 8,
                                        .support = 12,
                                        .query = 8,
                                        .inner = {.steps = 3, .rate = 0.5},
                                        .outer_rate = 4e-3};
    const std::vector<meta::TaskSet> sets{
        meta::task_set("waves", 1, seasonal_workloads(40, 400, 1), 2, Regime::kShort)};
    const auto learned = meta::learn(sets, options);
    EXPECT_TRUE(learned) << learned.error().message;
    return ForecasterArtifact{.networks = {meta::network_of(*learned, options)},
                              .inner_rate = options.inner.rate,
                              .inner_steps = options.inner.steps,
                              .seed = options.seed,
                              .data = "waves",
                              .sources = {}};
  }();
  return artifact;
}

/// WQL over the steps after `origin` and every 12 after it, with the history up to there.
template <typename Forecast1>
double wql_after(const std::vector<Series>& workloads, std::size_t origin, Forecast1 forecast) {
  double sum = 0;
  for (const Series& series : workloads) {
    QuantileScore score;
    for (std::size_t at = origin; at + kNetHorizon <= series.size(); at += kNetHorizon) {
      const Forecast made = forecast(series.workload, slice(history_of(series), 0, at));
      for (std::size_t h = 0; h < kNetHorizon; ++h) score.add(made.steps[h], series.values[at + h]);
    }
    sum += score.wql();
  }
  return sum / static_cast<double>(workloads.size());
}

TEST(Film, MovesTheLossAsTheNetworksOwnWeightsDo) {
  const net::Networks networks(learned_on_waves());
  const net::Weights& one = networks.weights(Regime::kShort);
  const auto workloads = patterned_workloads(3, 300, 5);
  std::vector<std::vector<Example>> windows;
  std::vector<const Example*> all;
  for (const Series& series : workloads) {
    windows.push_back(examples_of(history_of(series), Regime::kShort, kNetHorizon, 6));
  }
  for (const auto& task : windows) {
    ASSERT_EQ(task.size(), 6U);
    for (const Example& example : task) all.push_back(&example);
  }
  const net::Batch batch = net::batch_of(std::span<const Example* const>(all), 3);
  const meta::InnerLoop loop{.steps = 3, .rate = 0.2};
  const meta::Film film = meta::adapted_film(one, meta::film_of(one, 3), batch, loop);
  const net::Weights start = net::detached(net::replicate(one, 3), true);
  const net::Weights whole =
      meta::follow_losses(start, meta::by_own_layers(meta::pinball_losses(batch)), loop,
                          meta::film_rates(start, loop.rate), meta::Order::kFirst);
  EXPECT_TRUE(film[0].allclose(whole[net::kReadOutGain], 1e-4, 1e-5));
  EXPECT_TRUE(film[1].allclose(whole[net::kReadOutShift], 1e-4, 1e-5));
  EXPECT_TRUE(film[2].allclose(whole[net::kHeadBias], 1e-4, 1e-5));
  EXPECT_TRUE(whole[0].equal(start[0]));
  EXPECT_TRUE(meta::film_quantiles(one, film, batch)
                  .allclose(net::quantiles(net::detached(whole, false), batch), 1e-3, 1e-4));
  const at::Tensor before = meta::film_losses(one, batch)(meta::film_of(one, 3));
  const at::Tensor after = meta::film_losses(one, batch)(film);
  EXPECT_TRUE((after < before).all().item<bool>());
}

TEST(Film, TheTrainedNetworkBeatsNaiveOnUnseenWorkloads) {
  const auto unseen = seasonal_workloads(20, 400, 99);
  const NetForecaster net(learned_on_waves());
  const auto naive = make_forecaster("naive").value();
  const auto with = [](const Forecaster& forecaster) {
    return [&forecaster](const std::string&, const HistoryView& history) {
      return forecaster.forecast({&history, 1}, kNetHorizon).value().front();
    };
  };
  EXPECT_LT(wql_after(unseen, 200, with(net)), 0.6 * wql_after(unseen, 200, with(*naive)));
}

TEST(Film, AdaptationLowersTheHeldBackLossOfAnotherKindAndCostsNothingAfterwards) {
  // The meta-model has only seen waves; these have long patterns that only their own past tells.
  const auto unseen = patterned_workloads(12, 960, 5);
  OnlineForecaster shared(learned_on_waves());
  OnlineForecaster adapting(learned_on_waves());
  constexpr std::size_t kOrigin = 720;
  std::vector<NamedHistory> pasts;
  for (const Series& series : unseen) {
    pasts.push_back({series.workload, slice(history_of(series), 0, kOrigin)});
  }
  int adapted = 0;
  double before = 0, after = 0;
  for (const AdaptReport& report : adapting.adapt(pasts, 40)) {
    adapted += report.adapted;
    before += report.loss_before;
    after += report.adapted ? report.loss_after : report.loss_before;
  }
  EXPECT_GE(adapted, 8);
  EXPECT_LT(after, 0.98 * before);
  const auto with = [](OnlineForecaster& forecaster) {
    return [&forecaster](const std::string& model, const HistoryView& history) {
      const NamedHistory named{model, history};
      return forecaster.forecast({&named, 1}, kNetHorizon).value().front();
    };
  };
  EXPECT_LT(wql_after(unseen, kOrigin, with(adapting)),
            1.02 * wql_after(unseen, kOrigin, with(shared)));
}

}  // namespace
}  // namespace starling
