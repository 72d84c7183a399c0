// Resampling: each way to combine, partial buckets, and what must be kept.
#include "trace/resample.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <numeric>

namespace starling {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;

Series minutes(std::vector<double> values, std::vector<std::uint8_t> present = {}) {
  Series series;
  series.step = 1min;
  series.values = std::move(values);
  series.present = std::move(present);
  if (series.present.empty()) series.present.assign(series.values.size(), 1);
  return series;
}

Resampling how(const char* text) { return *parse_resampling(text); }

TEST(Resample, SumMeanMaxAndPercentileOfWholeBuckets) {
  const Series series = minutes({1, 2, 3, 4, 50, 6, 7, 8, 9, 10});
  EXPECT_THAT(resample(series, 5min, how("sum"))->values, ElementsAre(60, 40));
  EXPECT_THAT(resample(series, 5min, how("mean"))->values, ElementsAre(12, 8));
  EXPECT_THAT(resample(series, 5min, how("max"))->values, ElementsAre(50, 10));
  EXPECT_THAT(resample(series, 5min, how("p60"))->values, ElementsAre(3, 8));
  EXPECT_THAT(resample(series, 5min, how("p95"))->values, ElementsAre(50, 10));
}

TEST(Resample, TheKnownPartStandsForABucketThatIsAtLeastHalfKnown) {
  const Series series = minutes({10, 0, 20, 30, 0, 0, 0, 40}, {1, 0, 1, 1, 0, 0, 0, 1});
  const auto sum = resample(series, 4min, how("sum"));
  EXPECT_THAT(sum->present, ElementsAre(1, 0));
  EXPECT_THAT(sum->values, ElementsAre(80, 0));  // 60 in three minutes is 80 in four
  EXPECT_THAT(resample(series, 4min, how("mean"))->values, ElementsAre(20, 0));
  EXPECT_THAT(resample(series, 4min, how("mean"), 0.25)->present, ElementsAre(1, 1));
}

TEST(Resample, BucketsBeginAtWholeMultiplesSinceTheEpoch) {
  Series series = minutes({1, 1, 1, 1, 1, 1, 1});
  series.start = TimePoint{3min};
  const auto result = resample(series, 5min, how("sum"));
  EXPECT_EQ(result->start, TimePoint{0min});
  EXPECT_THAT(result->present, ElementsAre(0, 1));  // two minutes of the first are too few
  EXPECT_THAT(result->values, ElementsAre(0, 5));
  series.start = TimePoint{-3min};
  EXPECT_EQ(resample(series, 5min, how("sum"))->start, TimePoint{-5min});
}

TEST(Resample, AFinerStepSpreadsCountsAndHoldsLevels) {
  const Series series = minutes({6, 12});
  EXPECT_THAT(resample(series, 20s, how("sum"))->values, ElementsAre(2, 2, 2, 4, 4, 4));
  EXPECT_THAT(resample(series, 20s, how("mean"))->values, ElementsAre(6, 6, 6, 12, 12, 12));
}

TEST(Resample, StepsNeedNotDivideEachOther) {
  const auto result = resample(minutes({60, 60, 60}), 90s, how("sum"));
  EXPECT_THAT(result->values, ElementsAre(DoubleEq(90), DoubleEq(90)));
}

TEST(Resample, EachQuantityHasItsOwnWay) {
  EXPECT_EQ(format_resampling(resampling_for(Quantity::kCount)), "sum");
  EXPECT_EQ(format_resampling(resampling_for(Quantity::kRate)), "mean");
  EXPECT_EQ(format_resampling(resampling_for(Quantity::kGauge)), "mean");
}

TEST(Resample, UnknownWaysAreRefused) {
  for (const char* text : {"", "median", "p", "p0", "p100", "p9x", "pnan", "pinf"}) {
    const auto result = parse_resampling(text);
    ASSERT_FALSE(result) << text;
    EXPECT_THAT(result.error().message, HasSubstr("p95"));
  }
  EXPECT_FALSE(resample(minutes({1}), 0s, how("sum")));
  EXPECT_FALSE(resample(minutes(std::vector<double>(10'000, 1)), 1us, how("sum")));
}

RC_GTEST_PROP(Resample, WholeBucketsKeepTheTotal, ()) {
  const int ratio = *rc::gen::inRange(1, 12);
  const int buckets = *rc::gen::inRange(1, 20);
  const auto counts = *rc::gen::container<std::vector<int>>(
      static_cast<std::size_t>(ratio * buckets), rc::gen::inRange(0, 1000));
  const Series series = minutes({counts.begin(), counts.end()});
  const auto coarse = resample(series, ratio * 1min, how("sum"));
  RC_ASSERT(std::accumulate(coarse->values.begin(), coarse->values.end(), 0.0) ==
            std::accumulate(counts.begin(), counts.end(), 0.0));
}

RC_GTEST_PROP(Resample, NothingMissingBecomesZero, ()) {
  const auto mask = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 2)));
  Series series = minutes(std::vector<double>(mask.size(), 7), mask);
  for (std::size_t i = 0; i < mask.size(); ++i) series.values[i] *= mask[i];
  const int step_s = *rc::gen::inRange(10, 600);
  for (const char* way : {"mean", "max", "p50"}) {
    const auto result = resample(series, std::chrono::seconds(step_s), how(way));
    for (std::size_t i = 0; i < result->size(); ++i) {
      RC_ASSERT(!result->present[i] || std::abs(result->values[i] - 7) < 1e-9);
    }
  }
}

}  // namespace
}  // namespace starling
