// What every forecaster must do with ordinary and with awkward histories; each one's test runs it.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "forecast/forecaster.h"

namespace starling {

/// A history that owns its points.
struct OwnedHistory {
  std::vector<double> values;
  std::vector<std::uint8_t> present;
  int season = 0;

  explicit OwnedHistory(std::vector<double> points, int season_steps = 0)
      : values(std::move(points)), present(values.size(), 1), season(season_steps) {}
  HistoryView view() const {
    return {.values = values,
            .present = present,
            .start = from_unix_seconds(1'700'000'000),
            .step = 10s,
            .season = season};
  }
};

inline std::vector<std::pair<std::string, OwnedHistory>> awkward_histories() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  std::vector<std::pair<std::string, OwnedHistory>> histories;
  histories.emplace_back("constant", OwnedHistory(std::vector<double>(100, 7.0)));
  histories.emplace_back("all zero", OwnedHistory(std::vector<double>(100, 0.0)));
  histories.emplace_back("one point", OwnedHistory({3.0}));
  histories.emplace_back("one point of zero", OwnedHistory({0.0}));
  histories.emplace_back("huge",
                         OwnedHistory({1e14, 9e14, 2e14, 1e15, 1e14, 1e14, 9e14, 2e14, 1e15}));
  histories.emplace_back("tiny", OwnedHistory({1e-300, 5e-324, 2e-9, 1e-12, 0, 0, 0, 1e-9, 1e-9}));
  histories.emplace_back("beyond any demand",
                         OwnedHistory({1e300, 5, 1e308, 6, 5, 7, 6, 5, 6, 7, 5}));
  histories.emplace_back("negative", OwnedHistory({-5, -1, 4, -3, 4, 5, 4, 5, 4, 3, 4, 5}));
  histories.emplace_back("not finite", OwnedHistory({nan, 4, infinite, 5, -infinite, 4, nan}));
  histories.emplace_back("season longer than the history",
                         OwnedHistory({1, 2, 3, 4, 5, 6, 7, 8, 9}, 1440));
  histories.emplace_back("exactly one season",
                         OwnedHistory({1, 5, 9, 5, 1, 5, 9, 5, 1, 5, 9, 5}, 12));
  OwnedHistory jump(std::vector<double>(120, 2.0), 24);
  jump.values.back() = 5e5;
  histories.emplace_back("a jump at the end", jump);
  OwnedHistory sparse(std::vector<double>(300, 0.0));
  sparse.present.assign(300, 0);
  for (const std::size_t i : {2, 150, 260}) {
    sparse.values[i] = static_cast<double>(i);
    sparse.present[i] = 1;
  }
  histories.emplace_back("mostly missing", sparse);
  Rng rng(5);
  OwnedHistory spikes(std::vector<double>(500, 0.0), 50);
  for (double& x : spikes.values) x = rng.chance(0.03) ? 1e6 * rng.uniform() : 0.0;
  histories.emplace_back("rare spikes", spikes);
  return histories;
}

inline void expect_usable(const Forecast& forecast, const HistoryView& history, int horizon) {
  EXPECT_FALSE(forecast.method.empty());
  EXPECT_EQ(forecast.step, history.step);
  EXPECT_EQ(forecast.origin,
            history.start + static_cast<std::int64_t>(history.values.size()) * history.step);
  ASSERT_EQ(forecast.steps.size(), static_cast<std::size_t>(horizon));
  for (const Quantiles& quantiles : forecast.steps) {
    double below = 0;
    for (const double quantile : quantiles) {
      ASSERT_TRUE(std::isfinite(quantile));
      ASSERT_GE(quantile, below) << "crossing or negative";
      below = quantile;
    }
  }
}

/// Usable forecasts of all awkward histories, alone and together; clear errors otherwise.
inline void expect_contract(const Forecaster& forecaster) {
  SCOPED_TRACE(forecaster.name());
  const auto histories = awkward_histories();
  std::vector<HistoryView> views;
  for (const auto& [what, history] : histories) {
    SCOPED_TRACE(what);
    views.push_back(history.view());
    for (const int horizon : {1, 12, 30}) {
      const auto forecasts = forecaster.forecast({&views.back(), 1}, horizon);
      ASSERT_TRUE(forecasts) << forecasts.error().message;
      ASSERT_EQ(forecasts->size(), 1U);
      expect_usable(forecasts->front(), views.back(), horizon);
    }
  }
  const auto together = forecaster.forecast(views, 12);
  ASSERT_TRUE(together) << together.error().message;
  ASSERT_EQ(together->size(), views.size());
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto alone = forecaster.forecast({&views[i], 1}, 12);
    ASSERT_TRUE(alone) << alone.error().message;
    for (std::size_t h = 0; h < 12; ++h) {
      // Single precision, in units of how far the quantiles spread.
      const Quantiles& said = alone->front().steps[h];
      const double spread = said.back() - said.front();
      for (std::size_t q = 0; q < kQuantileLevels.size(); ++q) {
        const double expected = said[q];
        EXPECT_NEAR((*together)[i].steps[h][q], expected,
                    1e-4 * std::max(std::abs(expected) + 1e-3, spread));
      }
    }
  }

  const OwnedHistory nothing({std::numeric_limits<double>::quiet_NaN(), -1.0});
  const OwnedHistory empty({});
  OwnedHistory mismatched({1.0, 2.0});
  mismatched.present.pop_back();
  OwnedHistory missing({1.0, 2.0});
  missing.present = {0, 0};
  for (const HistoryView& view :
       {nothing.view(), missing.view(), empty.view(), mismatched.view()}) {
    const auto refused = forecaster.forecast({&view, 1}, 12);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("history 0"), std::string::npos)
        << refused.error().message;
  }
  EXPECT_FALSE(forecaster.forecast(views, 0));
  EXPECT_TRUE(forecaster.forecast({}, 3)->empty());
}

}  // namespace starling
