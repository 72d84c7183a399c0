// Seasonal strength: near one for a season, near nothing for noise, silent where it cannot know.
#include "trace/season_strength.h"

#include <gmock/gmock.h>

#include "trace/describe_series_for_tests.h"
#include "trace/season_loess.h"

namespace starling {
namespace {

Strengths strengths(const Series& series) { return strengths_of(decompose(series)); }

TEST(Season, APureDailySineIsAllSeason) {
  const Strengths s = strengths(sine_for_tests(10 * 288, 5min, 24h, 0, 0));
  EXPECT_GT(*s.daily, 0.995);
  EXPECT_FALSE(s.weekly);
}

TEST(Season, WhiteNoiseHasNoneHoweverFewThePeriods) {
  for (const std::size_t days : {2, 3, 7, 21}) {
    Rng rng(days);
    const Strengths s =
        strengths(series_for_tests(days * 288, 5min, [&](std::size_t) { return rng.normal(); }));
    EXPECT_LT(*s.daily, 0.12) << days << " days";
    EXPECT_LT(*s.trend, 0.1) << days << " days";
    EXPECT_EQ(s.weekly.has_value(), days == 21);
    EXPECT_LT(s.weekly.value_or(0), 0.12);
  }
}

TEST(Season, StrengthIsTheShareOfVariance) {
  // A sine of amplitude 1 has variance 1/2; noise of the same variance leaves half.
  const Strengths s = strengths(sine_for_tests(28 * 288, 5min, 24h, std::sqrt(0.5), 1));
  EXPECT_NEAR(*s.daily, 0.5, 0.04);
  EXPECT_LT(*s.weekly, 0.05);
}

TEST(Season, WeekAndDayAreToldApart) {
  Series series = sine_for_tests(28 * 24, 1h, 24h, 0.05, 2);
  for (std::size_t i = 0; i < series.size(); ++i) series.values[i] += i / 24 % 7 >= 5 ? -1 : 0;
  const Strengths both = strengths(series);
  EXPECT_GT(*both.daily, 0.95);
  EXPECT_GT(*both.weekly, 0.9);
}

TEST(Season, AStraightLineIsAllTrend) {
  Rng rng(3);
  const Series line = series_for_tests(7 * 144, 10min, [&](std::size_t i) {
    return 0.01 * static_cast<double>(i) + rng.normal() * 0.1;
  });
  const Strengths s = strengths(line);
  EXPECT_GT(*s.trend, 0.98);
  EXPECT_LT(*s.daily, 0.1);
}

TEST(Season, MissingPointsDoNotWeaken) {
  Series series = sine_for_tests(10 * 288, 5min, 24h, 0.1, 4);
  const double whole = *strengths(series).daily;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (i % 5 != 0 && i % 7 != 0) continue;
    series.present[i] = 0;
    series.values[i] = 0;
  }
  EXPECT_NEAR(*strengths(series).daily, whole, 0.01);
}

TEST(Season, IsSilentBelowTwoPeriods) {
  EXPECT_FALSE(strengths(sine_for_tests(2 * 288 - 1, 5min, 24h, 0, 0)).daily);
  EXPECT_TRUE(strengths(sine_for_tests(2 * 288, 5min, 24h, 0, 0)).daily);
  EXPECT_FALSE(strengths(sine_for_tests(13 * 24, 1h, 24h, 0, 0)).weekly);
  EXPECT_FALSE(strengths(sine_for_tests(100, 12h, 24h, 0, 0)).daily) << "two steps are no shape";
}

TEST(Season, OddStepsAndLongSeriesAreAveragedAndSaySo) {
  const Decomposition odd = decompose(sine_for_tests(5000, 57s, 24h, 0, 0));
  EXPECT_EQ(odd.step, Duration{1min});
  EXPECT_GT(*strengths_of(odd).daily, 0.99);
  const Decomposition longer = decompose(sine_for_tests(300'000, 1s, 24h, 0, 0));
  EXPECT_LE(longer.value.size(), 20'000u);
  EXPECT_EQ(longer.step, Duration{30s});
}

TEST(Decompose, PartsAddUpToTheValue) {
  const Series series = sine_for_tests(5 * 48, 30min, 24h, 0.5, 5);
  const Decomposition parts = decompose(series);
  for (std::size_t i = 0; i < series.size(); ++i) {
    EXPECT_NEAR(parts.trend[i] + parts.season_at(i) + parts.remainder[i], series.values[i], 1e-9);
  }
}

TEST(Loess, KeepsAStraightLineAlsoThroughGapsAndAtTheEnds) {
  std::vector<double> line;
  for (int i = 0; i < 500; ++i) line.push_back(i % 6 == 0 ? NAN : 3 + 0.5 * i);
  const Smoothed smoothed = loess(line, 101);
  for (int i = 0; i < 500; ++i) EXPECT_NEAR(smoothed.values[i], 3 + 0.5 * i, 1e-6);
}

TEST(Loess, BridgesGapsWiderThanItsWindow) {
  std::vector<double> y(300, NAN);
  for (int i = 0; i < 100; ++i) y[i] = 1;
  for (int i = 200; i < 300; ++i) y[i] = 3;
  const Smoothed smoothed = loess(y, 21);
  EXPECT_NEAR(smoothed.values[50], 1, 1e-9);
  EXPECT_NEAR(smoothed.values[150], 2, 0.1);
  EXPECT_NEAR(smoothed.values[250], 3, 1e-9);
}

TEST(Loess, UsesAboutAsManyParametersAsItsWindowLeaves) {
  Rng rng(6);
  std::vector<double> noise;
  for (int i = 0; i < 5000; ++i) noise.push_back(rng.normal());
  const double wide = loess(noise, 5001).parameters;
  EXPECT_GT(wide, 2);
  EXPECT_LT(wide, 6);
  EXPECT_GT(loess(noise, 501).parameters, 5 * wide / 2);
  EXPECT_TRUE(loess(std::vector<double>{}, 5).values.empty());
}

}  // namespace
}  // namespace starling
