// Every baseline keeps the contract; each forecasts what its definition says.
#include "forecast/baselines.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/rng.h"
#include "forecast/contract_checks.h"
#include "forecast/metrics.h"
#include "forecast/smoothing.h"

namespace starling {
namespace {

constexpr std::size_t kMedian = 5;

Forecast forecast_with(const std::string& name, const OwnedHistory& history, int horizon) {
  const HistoryView view = history.view();
  return make_forecaster(name).value()->forecast({&view, 1}, horizon).value().front();
}

TEST(Baselines, AllKeepTheContract) {
  for (const std::string& name : baseline_names()) expect_contract(*make_forecaster(name).value());
}

RC_GTEST_PROP(Baselines, AnyHistoryGivesOrderedNonNegativeQuantiles, ()) {
  OwnedHistory history(*rc::gen::nonEmpty<std::vector<double>>());
  history.values[0] = std::abs(history.values[0] < 1e15 ? history.values[0] : 1.0);
  history.season = *rc::gen::inRange(0, 20);
  for (const std::string& name : baseline_names()) {
    const HistoryView view = history.view();
    const auto forecasts = make_forecaster(name).value()->forecast({&view, 1}, 5);
    if (!forecasts) continue;  // nothing known: the contract's error
    for (const Quantiles& quantiles : forecasts->front().steps) {
      RC_ASSERT(quantiles.front() >= 0);
      RC_ASSERT(std::is_sorted(quantiles.begin(), quantiles.end()));
    }
  }
}

TEST(Baselines, AnUnknownNameSuggestsTheNearest) {
  const auto unknown = make_forecaster("seasonal-naiv");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("did you mean 'seasonal-naive'"), std::string::npos);
}

TEST(Baselines, NaiveRepeatsTheLastKnownValue) {
  std::vector<double> alternating;
  for (int i = 0; i < 40; ++i) alternating.push_back(i % 2 == 0 ? 10 : 30);
  OwnedHistory history(alternating);
  history.present.back() = 0;
  const Forecast forecast = forecast_with("naive", history, 2);
  // The last known value is 10, two steps before the first forecast step: errors of lag 2 are all
  // 0.
  EXPECT_DOUBLE_EQ(forecast.steps[0][kMedian], 10);
  EXPECT_DOUBLE_EQ(forecast.steps[0].back(), 10);
  EXPECT_DOUBLE_EQ(forecast.steps[1].back(), 30) << "lag 3 has errors of ±20";
}

TEST(Baselines, SeasonalNaiveRepeatsAPerfectSeasonExactly) {
  std::vector<double> saw;
  for (int i = 0; i < 50; ++i) saw.push_back(i % 10);
  const Forecast forecast = forecast_with("seasonal-naive", OwnedHistory(saw, 10), 12);
  EXPECT_EQ(forecast.method, "seasonal-naive");
  for (std::size_t h = 0; h < 12; ++h) {
    EXPECT_DOUBLE_EQ(forecast.steps[h].front(), static_cast<double>(h % 10));
    EXPECT_DOUBLE_EQ(forecast.steps[h].back(), static_cast<double>(h % 10));
  }
}

TEST(Baselines, SeasonalNaiveSaysThatItFellBackToNaive) {
  EXPECT_EQ(forecast_with("seasonal-naive", OwnedHistory({1, 2, 3}), 2).method, "naive");
  EXPECT_EQ(forecast_with("seasonal-naive", OwnedHistory({1, 2, 3}, 4), 2).method, "naive");
}

TEST(Baselines, SmoothingIsTheRecursion) {
  const std::vector<double> values{10, 20, 20, 20, 20, 20};
  const std::vector<std::uint8_t> present{1, 1, 0, 1, 1, 1};
  const Smoothing smoothing = smooth(last_window(values, present, 6));
  EXPECT_DOUBLE_EQ(smoothing.alpha, 1.0) << "a step is followed fastest by the largest α";
  EXPECT_EQ(smoothing.levels, (std::vector<double>{10, 20, 20, 20, 20, 20}));
}

TEST(Baselines, SesAveragesNoiseAroundALevel) {
  Rng rng(11);
  OwnedHistory history({});
  for (int i = 0; i < 400; ++i) history.values.push_back(static_cast<double>(rng.poisson(100)));
  history.present.assign(history.values.size(), 1);
  const Forecast forecast = forecast_with("ses", history, 6);
  EXPECT_NEAR(forecast.steps[0][kMedian], 100, 6);
  EXPECT_NEAR(forecast.quantile(0, 0.95) - forecast.quantile(0, 0.05), 2 * 1.645 * 10, 9);
}

TEST(Baselines, IntervalsOfARandomWalkCoverWhatTheySay) {
  Rng rng(3);
  QuantileScore score;
  for (int run = 0; run < 150; ++run) {
    double x = 1000;
    OwnedHistory history({});
    for (int i = 0; i < 300; ++i) history.values.push_back(x += rng.normal());
    history.present.assign(history.values.size(), 1);
    const Forecast forecast = forecast_with("naive", history, 4);
    for (const Quantiles& quantiles : forecast.steps) score.add(quantiles, x += rng.normal());
  }
  EXPECT_NEAR(score.coverage(1), 0.1, 0.06);
  EXPECT_NEAR(score.coverage(kMedian), 0.5, 0.1);
  EXPECT_NEAR(score.coverage(9), 0.9, 0.06);
}

}  // namespace
}  // namespace starling
