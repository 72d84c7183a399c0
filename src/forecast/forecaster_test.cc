// Reading quantiles and peaks off a forecast.
#include "forecast/forecaster.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace starling {
namespace {

/// Step h holds 10·(h+1) times the level, so that every value is easy to name.
Forecast ramp(int steps) {
  Forecast forecast;
  forecast.origin = from_unix_seconds(1000);
  forecast.step = 10s;
  for (int h = 0; h < steps; ++h) {
    Quantiles quantiles;
    for (std::size_t q = 0; q < quantiles.size(); ++q)
      quantiles[q] = 10 * (h + 1) * kQuantileLevels[q];
    forecast.steps.push_back(quantiles);
  }
  return forecast;
}

TEST(Forecast, QuantilesBetweenTheHeldLevelsAreLinear) {
  const Forecast forecast = ramp(2);
  EXPECT_DOUBLE_EQ(forecast.quantile(0, 0.5), 5);
  EXPECT_NEAR(forecast.quantile(1, 0.97), 19.4, 1e-9);
  EXPECT_NEAR(forecast.quantile(0, 0.075), 0.75, 1e-9);
  EXPECT_DOUBLE_EQ(forecast.quantile(0, 0.999), 9.9) << "beyond the highest level held";
  EXPECT_DOUBLE_EQ(forecast.quantile(99, 0.5), forecast.quantile(1, 0.5)) << "beyond the horizon";
}

TEST(Forecast, PeakTakesTheStepsThatOverlapTheInterval) {
  const Forecast forecast = ramp(3);  // [1000, 1010), [1010, 1020), [1020, 1030)
  const auto at = [](double s) { return from_unix_seconds(s); };
  EXPECT_DOUBLE_EQ(forecast.peak(at(1000), at(1010), 0.5), 5);
  EXPECT_DOUBLE_EQ(forecast.peak(at(1000), at(1010.5), 0.5), 10);
  EXPECT_DOUBLE_EQ(forecast.peak(at(1005), at(1025), 0.5), 15);
  EXPECT_DOUBLE_EQ(forecast.peak(at(1010), at(1020), 0.5), 10);
  EXPECT_DOUBLE_EQ(forecast.peak(at(5000), at(6000), 0.5), 15) << "the last step stands for later";
  EXPECT_DOUBLE_EQ(forecast.peak(at(0), at(900), 0.5), 5) << "the first step stands for earlier";
}

RC_GTEST_PROP(Forecast, PeakNeverFallsWithTheLevelOrALongerInterval, ()) {
  const Forecast forecast = ramp(5);
  const TimePoint from = from_unix_seconds(990 + *rc::gen::inRange(0, 80));
  const Duration length = std::chrono::seconds(*rc::gen::inRange(1, 60));
  const double level = *rc::gen::inRange(1, 90) / 100.0;
  RC_ASSERT(forecast.peak(from, from + length, level) <=
            forecast.peak(from, from + length, level + 0.1));
  RC_ASSERT(forecast.peak(from, from + length, level) <=
            forecast.peak(from, from + length + 5s, level));
}

}  // namespace
}  // namespace starling
