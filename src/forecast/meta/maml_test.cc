// Meta-training in miniature: reproducible, better than naive on unseen
// workloads, and adaptable.
#include "forecast/meta/maml.h"

#include <gtest/gtest.h>

#include "forecast/baselines.h"
#include "forecast/meta/online_forecaster.h"
#include "forecast/metrics.h"
#include "forecast/net/net_forecaster.h"
#include "forecast/workloads_for_tests.h"

namespace starling {
namespace {

MetaOptions tiny(int steps) {
  return {.seed = 3,
          .regime = Regime::kShort,
          .hidden = 24,
          .steps = steps,
          .tasks = 8,
          .support = 12,
          .query = 8,
          .outer_rate = 4e-3};
}

ForecasterArtifact train_tiny(int steps, std::uint64_t seed = 3) {
  const auto tasks = tasks_of(seasonal_workloads(40, 400, 1), 2, Regime::kShort);
  MetaOptions options = tiny(steps);
  options.seed = seed;
  auto trained = meta_train(tasks, options, "waves");
  EXPECT_TRUE(trained) << trained.error().message;
  return *trained;
}

/// Trained once for all tests of this file.
const ForecasterArtifact& trained_on_waves() {
  static const ForecasterArtifact artifact = train_tiny(300);
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

TEST(Maml, TheSameSeedGivesTheSameBytes) {
  EXPECT_EQ(encode_artifact(train_tiny(10)), encode_artifact(train_tiny(10)));
  EXPECT_NE(encode_artifact(train_tiny(10)), encode_artifact(train_tiny(10, 4)));
}

TEST(Maml, TheTrainedNetworkBeatsNaiveOnUnseenWorkloads) {
  const auto unseen = seasonal_workloads(20, 400, 99);
  const NetForecaster net(trained_on_waves());
  const auto naive = make_forecaster("naive").value();
  const auto with = [](const Forecaster& forecaster) {
    return [&forecaster](const std::string&, const HistoryView& history) {
      return forecaster.forecast({&history, 1}, kNetHorizon).value().front();
    };
  };
  EXPECT_LT(wql_after(unseen, 200, with(net)), 0.6 * wql_after(unseen, 200, with(*naive)));
}

TEST(Maml, AdaptationLowersTheLossOnUnseenWorkloadsOfAnotherKind) {
  // The meta-model has only seen waves; these have long patterns that only their own past tells.
  const auto unseen = patterned_workloads(12, 960, 5);
  OnlineForecaster shared(trained_on_waves());
  OnlineForecaster adapting(trained_on_waves());
  constexpr std::size_t kOrigin = 720;
  std::vector<NamedHistory> pasts;
  for (const Series& series : unseen) {
    pasts.push_back({series.workload, slice(history_of(series), 0, kOrigin)});
  }
  int adapted = 0;
  for (const AdaptReport& report : adapting.adapt(pasts, 40)) adapted += report.adapted;
  EXPECT_GE(adapted, 8);
  const auto with = [](OnlineForecaster& forecaster) {
    return [&forecaster](const std::string& model, const HistoryView& history) {
      const NamedHistory named{model, history};
      return forecaster.forecast({&named, 1}, kNetHorizon).value().front();
    };
  };
  EXPECT_LT(wql_after(unseen, kOrigin, with(adapting)),
            0.95 * wql_after(unseen, kOrigin, with(shared)));
}

TEST(Maml, NoTaskIsAClearError) {
  const auto trained = meta_train({}, tiny(1), "nothing");
  ASSERT_FALSE(trained);
  EXPECT_NE(trained.error().message.find("nothing to train on"), std::string::npos);
}

TEST(Maml, TrainingCanBeStopped) {
  const auto tasks = tasks_of(seasonal_workloads(4, 200, 1), 2, Regime::kShort);
  const auto trained = meta_train(tasks, tiny(50), "waves",
                                  [](const MetaProgress& progress) { return progress.step < 3; });
  ASSERT_TRUE(trained);
  EXPECT_EQ(trained->networks[0].steps, 3);
}

}  // namespace
}  // namespace starling
