// The description of a workload against processes whose figures are known.
#include "trace/describe.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "trace/describe_series_for_tests.h"
#include "trace/describe_total.h"
#include "trace/describe_week.h"

namespace starling {
namespace {

using testing::HasSubstr;

Series poisson(double mean, std::size_t points, std::uint64_t seed) {
  Rng rng(seed);
  return series_for_tests(points, 1s,
                          [&](std::size_t) { return static_cast<double>(rng.poisson(mean)); });
}

TEST(Dispersion, IsOneForAPoissonProcessAtEveryWindow) {
  const auto dispersion = dispersion_of(poisson(3, 400'000, 1), 1);
  ASSERT_EQ(dispersion.size(), 4u);  // 1 s, 1 min, 10 min, 1 h: there are no ten days
  EXPECT_NEAR(dispersion[0].index, 1, 0.02);
  EXPECT_NEAR(dispersion[1].index, 1, 0.1);
  EXPECT_EQ(dispersion[3].window, Duration{1h});
  EXPECT_NEAR(dispersion[3].index, 1, 0.5);
}

TEST(Dispersion, OfABatchProcessIsTheBatch) {
  Series series = poisson(2, 100'000, 2);
  for (double& value : series.values) value *= 5;
  EXPECT_NEAR(dispersion_of(series, 1)[0].index, 5, 0.2);
}

TEST(Dispersion, GapsDoNotLookLikeQuietTimes) {
  Series series = poisson(50, 100'000, 3);
  for (std::size_t i = 0; i < series.size(); i += 13) {
    series.present[i] = 0;
    series.values[i] = 0;
  }
  // Scaling a sum of 92 % up to the whole adds about 1/0.92; reading gaps as zero would give ≈ 4.
  EXPECT_NEAR(dispersion_of(series, 1)[1].index, 1, 0.25);
}

TEST(Dispersion, IsOfEventsOnly) {
  const Series cpu =
      series_for_tests(1000, 1min, [](std::size_t i) { return 0.5 + (i % 7) * 0.1; });
  EXPECT_TRUE(describe(cpu).dispersion.empty());
  EXPECT_TRUE(describe(poisson(5, 1000, 4), {.quantity = Quantity::kGauge, .unit = "%"})
                  .dispersion.empty());
  EXPECT_FALSE(describe(poisson(5, 1000, 4)).dispersion.empty());
}

TEST(Demand, ClassesOfSyntetosAndBoylan) {
  const auto kind = [](std::vector<double> values) { return demand_of(series_of(values))->kind; };
  EXPECT_EQ(kind({10, 11, 9, 10, 10, 11, 9, 10}), DemandClass::kSmooth);
  EXPECT_EQ(kind({1, 30, 2, 1, 25, 1, 2, 40}), DemandClass::kErratic);
  EXPECT_EQ(kind({10, 0, 0, 11, 0, 0, 9, 0}), DemandClass::kIntermittent);
  EXPECT_EQ(kind({1, 0, 0, 30, 0, 0, 2, 0}), DemandClass::kLumpy);
  EXPECT_FALSE(demand_of(series_of({0, 0, 0})));
  EXPECT_FALSE(demand_of(series_of({1, -1})));
}

TEST(Demand, IntervalAndVariationByHand) {
  // Demands 2 and 6 in eight periods: ADI 8/2; mean 4, variance 8, CV² 8/16.
  const auto demand = demand_of(series_of({0, 2, 0, 0, 0, 6, 0, 0}));
  ASSERT_TRUE(demand);
  EXPECT_DOUBLE_EQ(demand->interval_mean, 4);
  EXPECT_DOUBLE_EQ(demand->variation_squared, 0.5);
  EXPECT_EQ(demand->kind, DemandClass::kLumpy);
}

TEST(Autocorrelation, OfAnAutoregressionFallsAsItsPowers) {
  Rng rng(5);
  double state = 0;
  const Series series = series_for_tests(
      200'000, 1min, [&](std::size_t) { return state = 0.8 * state + rng.normal(); });
  EXPECT_NEAR(*autocorrelation(series, 1), 0.8, 0.02);
  EXPECT_NEAR(*autocorrelation(series, 3), 0.512, 0.03);
}

TEST(Autocorrelation, LooksThroughGaps) {
  Series series = sine_for_tests(5000, 10min, 24h, 0, 0);
  for (std::size_t i = 0; i < series.size(); i += 3) {
    series.present[i] = 0;
    series.values[i] = 1e9;  // must not be looked at
  }
  const auto lags = calendar_autocorrelations(series);
  ASSERT_EQ(lags.size(), 4u);
  EXPECT_EQ(lags[2].lag, 144u);
  EXPECT_NEAR(*lags[2].correlation, 1, 1e-3);
}

TEST(Autocorrelation, SaysNothingOfWhatItHasNotSeenTwice) {
  const Series series = sine_for_tests(200, 10min, 24h, 0, 0);  // 33 hours
  const auto lags = calendar_autocorrelations(series);
  EXPECT_TRUE(lags[1].correlation);
  EXPECT_FALSE(lags[2].correlation);
  EXPECT_FALSE(autocorrelation(series_of(std::vector<double>(100, 7.0)), 1));
}

TEST(Total, IsTheSum) {
  Series late = series_of({10, 20});
  late.start = TimePoint{1min};
  const auto total = total_of({series_of({1, 2, 3, 4}), late});
  ASSERT_TRUE(total) << total.error().message;
  EXPECT_THAT(total->values, testing::ElementsAre(1, 12, 23, 4));
}

TEST(Total, EstimatesWhatIsMissingFromItsUsualSize) {
  Series small = series_of({1, 1, 1, 1});
  small.present = {1, 0, 1, 1};
  Series large = series_of({9, 9, 9, 9});
  large.present = {1, 1, 0, 1};
  const auto total = total_of({small, large});
  ASSERT_TRUE(total);
  EXPECT_THAT(total->present, testing::ElementsAre(1, 1, 0, 1));  // a tenth is no sample
  EXPECT_DOUBLE_EQ(total->values[1], 10);
}

TEST(Total, NeedsOneStepAndABoundedSpan) {
  EXPECT_THAT(total_of({series_of({1}, 1min), series_of({1}, 5min)}).error().message,
              HasSubstr("steps differ"));
  Series far = series_of({1});
  far.start = TimePoint{24h * 365 * 400};
  EXPECT_EQ(total_of({series_of({1}), far}).error().code, ErrorCode::kTooLarge);
}

TEST(Week, MondayComesFirst) {
  // 2024-01-01 00:00 UTC was a Monday.
  Series series = series_for_tests(7 * 24, 1h, [](std::size_t i) { return i; });
  series.start = TimePoint{1704067200s};
  const WeekProfile week = week_profile(series, true);
  EXPECT_EQ(week[0][0], 0);
  EXPECT_EQ(week[6][23], 167);
  series.start = {};
  EXPECT_EQ(week_profile(series, false)[0][5], 5);
  EXPECT_TRUE(std::isnan(week_profile(series_of({1}), false)[3][0]));
}

TEST(Describe, ALevelChangeIsFoundUnderADailySeason) {
  Series series = sine_for_tests(14 * 24 * 6, 10min, 24h, 0.1, 6);
  for (std::size_t i = 1000; i < series.size(); ++i) series.values[i] += 2;
  const Description description = describe(series);
  ASSERT_EQ(description.changes.size(), 1u);
  const double place = seconds(description.changes[0].at - series.start) / 600;
  EXPECT_NEAR(place, 1000, 20);
  EXPECT_NEAR(description.changes[0].after - description.changes[0].before, 2, 0.2);
}

TEST(Describe, HoldsForTheEmptyTheMissingAndTheConstant) {
  EXPECT_EQ(describe(series_of({})).points, 0u);
  Series missing = series_of({0, 0, 0});
  missing.present.assign(3, 0);
  EXPECT_EQ(describe(missing).gaps.missing, 3u);
  const Description constant = describe(series_of(std::vector<double>(5000, 4.0)));
  EXPECT_EQ(constant.levels.deviation, 0);
  EXPECT_TRUE(constant.changes.empty());
  EXPECT_EQ(constant.strengths.daily, 0);
}

RC_GTEST_PROP(Describe, TakesAnySeries, (std::vector<float> raw, std::vector<bool> mask)) {
  Series series = series_of({raw.begin(), raw.end()}, 6h);
  for (std::size_t i = 0; i < series.size(); ++i) {
    series.present[i] = i < mask.size() && mask[i] && std::isfinite(series.values[i]);
    if (!series.present[i]) series.values[i] = 0;
  }
  const Description d = describe(series);
  RC_ASSERT(d.gaps.missing + d.levels.points == d.points);
  for (const auto& strength : {d.strengths.daily, d.strengths.weekly, d.strengths.trend}) {
    RC_ASSERT(!strength || (*strength >= 0 && *strength <= 1));
  }
}

}  // namespace
}  // namespace starling
