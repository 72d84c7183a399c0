// On-line adaptation: batches equal single runs, the gate, and what the method says.
#include "forecast/meta/online_forecaster.h"

#include <gtest/gtest.h>

#include "forecast/contract_checks.h"
#include "forecast/meta/maml.h"
#include "forecast/workloads_for_tests.h"

namespace starling {
namespace {

const ForecasterArtifact& artifact() {
  static const ForecasterArtifact trained = [] {
    const auto tasks = tasks_of(seasonal_workloads(20, 300, 1), 2);
    return meta_train(tasks, {.hidden = 16, .steps = 60, .tasks = 4, .outer_rate = 4e-3}, "waves")
        .value();
  }();
  return trained;
}

constexpr OnlineOptions kAlwaysAdapt{.gain_min = -1e9, .ses_gain_min = 1};

std::vector<NamedHistory> named(const std::vector<Series>& workloads) {
  std::vector<NamedHistory> histories;
  for (const Series& series : workloads) histories.push_back({series.workload, history_of(series)});
  return histories;
}

TEST(OnlineForecaster, AShortHistoryGetsSmoothingAndSaysSo) {
  const OnlineForecaster forecaster(artifact());
  const OwnedHistory seven(std::vector<double>(7, 3.0));
  const OwnedHistory eight(std::vector<double>(8, 3.0));
  const std::vector<NamedHistory> histories{{"new", seven.view()}, {"known", eight.view()}};
  const auto forecasts = forecaster.forecast(histories, 3).value();
  EXPECT_EQ(forecasts[0].method, "ses");
  EXPECT_EQ(forecasts[1].method, "net-" + artifact().version());
}

TEST(OnlineForecaster, ABatchGivesWhatEachModelGetsAlone) {
  const auto workloads = patterned_workloads(20, 300, 4);
  const auto histories = named(workloads);
  OnlineForecaster together(artifact(), kAlwaysAdapt);
  together.adapt(histories, 4);
  const auto batched = together.forecast(histories, 12).value();
  for (std::size_t i = 0; i < histories.size(); ++i) {
    OnlineForecaster alone(artifact(), kAlwaysAdapt);
    alone.adapt({&histories[i], 1}, 4);
    const auto single = alone.forecast({&histories[i], 1}, 12).value();
    EXPECT_EQ(batched[i].method, together.method() + "+adapted");
    EXPECT_EQ(single[0].method, batched[i].method);
    for (std::size_t h = 0; h < 12; ++h) {
      for (std::size_t q = 0; q < kQuantileLevels.size(); ++q) {
        const double expected = single[0].steps[h][q];
        EXPECT_NEAR(batched[i].steps[h][q], expected, 1e-3 * (expected + 1));
      }
    }
  }
}

TEST(OnlineForecaster, TheGateTakesWhatForecastTheHeldBackWindowsBest) {
  auto workloads = patterned_workloads(16, 300, 4);
  Rng rng(2);
  for (Series& held : seasonal_workloads(4, 300, 7)) {
    held.workload = "held-" + held.workload;
    double level = 100;
    for (double& x : held.values) x = rng.chance(0.01) ? level = rng.uniform(50, 200) : level;
    workloads.push_back(std::move(held));
  }
  const auto histories = named(workloads);
  OnlineForecaster forecaster(artifact());
  const auto reports = forecaster.adapt(histories, 5);
  const auto forecasts = forecaster.forecast(histories, 12).value();
  int adapted = 0;
  int smoothed = 0;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const AdaptReport& report = reports[i];
    SCOPED_TRACE(report.model + ": " + report.reason);
    const std::string& method = forecasts[i].method;
    const double network = std::min(report.loss_before, report.loss_after);
    EXPECT_EQ(method == "ses", report.smoothed);
    EXPECT_EQ(method == forecaster.method() + "+adapted", report.adapted);
    EXPECT_EQ(forecaster.is_adapted(report.model), report.adapted);
    EXPECT_TRUE(!report.smoothed || report.loss_ses < report.loss_before);
    EXPECT_TRUE(!report.adapted || report.loss_after < report.loss_before);
    EXPECT_TRUE(report.smoothed || report.loss_ses > 0.9 * network);
    adapted += report.adapted;
    smoothed += report.smoothed;
  }
  EXPECT_GT(adapted, 0);
  EXPECT_GT(smoothed, 0);
}

TEST(OnlineForecaster, WhereTheNewestPastContradictsTheOlderTheGateRefuses) {
  // Long steps up and down to learn from, then white noise: what was learned is wrong there.
  Rng rng(6);
  OwnedHistory changed({});
  for (int i = 0; i < 300; ++i) changed.values.push_back(i / 6 % 2 == 0 ? 100 : 500);
  for (int i = 0; i < 100; ++i) changed.values.push_back(300 + rng.normal());
  changed.present.assign(changed.values.size(), 1);
  const NamedHistory history{"changed", changed.view()};
  OnlineForecaster forecaster(artifact());
  const auto report = forecaster.adapt({&history, 1}, 40).front();
  EXPECT_GT(report.loss_after, report.loss_before) << report.reason;
  EXPECT_FALSE(report.adapted);
  EXPECT_FALSE(forecaster.is_adapted("changed"));
}

TEST(OnlineForecaster, TooLittlePastIsNotAdaptedTo) {
  OnlineForecaster forecaster(artifact());
  for (const std::size_t length : {0U, 1U, 12U, 30U}) {
    const OwnedHistory young(std::vector<double>(length, 2.0));
    const NamedHistory history{"young", young.view()};
    const auto report = forecaster.adapt({&history, 1}).front();
    EXPECT_FALSE(report.adapted);
    EXPECT_NE(report.reason.find("windows to learn from"), std::string::npos) << report.reason;
  }
}

TEST(OnlineForecaster, ForgetsOnDemandAndTheOldestWhenFull) {
  const auto workloads = patterned_workloads(3, 300, 4);
  const auto histories = named(workloads);
  OnlineForecaster forecaster(artifact(), {.models_max = 2, .gain_min = -1e9, .ses_gain_min = 1});
  forecaster.adapt(histories, 1);
  EXPECT_FALSE(forecaster.is_adapted("p0"));
  EXPECT_TRUE(forecaster.is_adapted("p1"));
  EXPECT_TRUE(forecaster.is_adapted("p2"));
  forecaster.forget("p2");
  EXPECT_FALSE(forecaster.is_adapted("p2"));
  EXPECT_EQ(forecaster.forecast(histories, 1)->at(2).method, forecaster.method());
}

}  // namespace
}  // namespace starling
