// Every baseline keeps the contract; each forecasts what its definition says.
#include "forecast/baselines.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numbers>

#include "base/rng.h"
#include "forecast/baselines/pattern_search.h"
#include "forecast/baselines/seasonality.h"
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

TEST(Baselines, FastUpSlowDownOvershootsARiseAndLingersAfterIt) {
  std::vector<double> values(40, 10.0);
  values.push_back(20);
  EXPECT_DOUBLE_EQ(forecast_with("fast-up-slow-down", OwnedHistory(values), 1).steps[0][kMedian],
                   20 + 0.2 * (20 - 10));
  values.push_back(12);
  EXPECT_DOUBLE_EQ(forecast_with("fast-up-slow-down", OwnedHistory(values), 1).steps[0][kMedian],
                   0.7 * 22 + 0.3 * 12);
}

TEST(Baselines, MovingAverageIsTheMeanOfAWholePeriod) {
  std::vector<double> values;
  for (int i = 0; i < 600; ++i) values.push_back(3.0 * (i % 3));
  const Forecast forecast = forecast_with("moving-average", OwnedHistory(values), 1);
  EXPECT_DOUBLE_EQ(forecast.steps[0][kMedian], 3);
  EXPECT_DOUBLE_EQ(forecast.steps[0].front(), 0);
  EXPECT_DOUBLE_EQ(forecast.steps[0].back(), 6);
}

/// A wave of this season about 100.
OwnedHistory wave(int season, int points) {
  std::vector<double> values;
  for (int i = 0; i < points; ++i) {
    values.push_back(100 * (1 + 0.5 * std::sin(2 * std::numbers::pi * i / season)));
  }
  return OwnedHistory(values, season);
}

TEST(Baselines, SeasonalMethodsRepeatAnExactSeason) {
  const OwnedHistory history = wave(16, 64);
  for (const std::string name : {"theta", "holt-winters"}) {
    const Forecast forecast = forecast_with(name, history, 20);
    for (std::size_t h = 0; h < 20; ++h) {
      EXPECT_NEAR(forecast.steps[h][kMedian], history.values[h % 16], 4) << name << ' ' << h;
    }
  }
}

TEST(Baselines, AWaveWithoutAGivenSeasonIsNotSeasonal) {
  OwnedHistory history = wave(16, 64);
  const double rise = history.values[4] - history.values[0];
  history.season = 0;
  const Forecast forecast = forecast_with("theta", history, 5);
  EXPECT_LT(forecast.steps[4][kMedian] - forecast.steps[0][kMedian], rise / 2);
}

TEST(Baselines, AutoregressionForgetsAtItsOwnRate) {
  Rng rng(2);
  std::vector<double> values{500};
  while (values.size() < 2000) {
    values.push_back(500 + 0.8 * (values.back() - 500) + 10 * rng.normal());
  }
  values.push_back(600);  // far from the mean: 500 + 100·0.8^h follows
  const Forecast forecast = forecast_with("ar", OwnedHistory(values), 8);
  for (const std::size_t h : {0, 3, 7}) {
    EXPECT_NEAR(forecast.steps[h][kMedian], 500 + 100 * std::pow(0.8, h + 1), 9) << h;
  }
}

TEST(Baselines, TheSeasonTestTellsWavesFromNoise) {
  const auto window = [](const OwnedHistory& history) {
    return last_window(history.values, history.present, history.values.size());
  };
  EXPECT_TRUE(is_seasonal(window(wave(24, 96)), 24));
  Rng rng(4);
  int found = 0;
  for (int run = 0; run < 100; ++run) {
    std::vector<double> noise;
    for (int i = 0; i < 96; ++i) noise.push_back(rng.uniform(0, 100));
    found += is_seasonal(window(OwnedHistory(noise)), 24);
  }
  EXPECT_LT(found, 25) << "a test at 90 %";
  EXPECT_FALSE(is_seasonal(window(OwnedHistory(std::vector<double>(96, 3.0))), 24));
}

RC_GTEST_PROP(Baselines, TheUnitDoesNotMatter, ()) {
  const std::uint64_t seed = *rc::gen::arbitrary<std::uint64_t>();
  const double factor = std::ldexp(1.0, *rc::gen::inRange(-8, 20));
  Rng rng(seed);
  std::vector<double> values;
  for (int i = 0; i < 80; ++i) values.push_back(rng.uniform(0, 100));
  std::vector<double> scaled = values;
  for (double& x : scaled) x *= factor;
  for (const std::string& name : baseline_names()) {
    const Forecast one = forecast_with(name, OwnedHistory(values, 20), 6);
    const Forecast other = forecast_with(name, OwnedHistory(scaled, 20), 6);
    for (std::size_t h = 0; h < 6; ++h) {
      for (std::size_t q = 0; q < kQuantileLevels.size(); ++q) {
        const double expected = one.steps[h][q] * factor;
        RC_ASSERT(std::abs(other.steps[h][q] - expected) <= 1e-6 * (expected + factor));
      }
    }
  }
}

RC_GTEST_PROP(CompassSearch, FindsTheNearestPointOfTheBox, ()) {
  const auto coordinate = [] { return *rc::gen::inRange(-200, 300) / 100.0; };
  const std::array<double, 2> target{coordinate(), coordinate()};
  const auto found = compass_search<2>({0.5, 0.5}, {0, 0}, {1, 1}, 500, [&](const auto& x) {
    return std::pow(x[0] - target[0], 2) + 3 * std::pow(x[1] - target[1], 2);
  });
  for (std::size_t k = 0; k < 2; ++k) {
    RC_ASSERT(std::abs(found[k] - std::clamp(target[k], 0.0, 1.0)) < 0.01);
  }
}

}  // namespace
}  // namespace starling
