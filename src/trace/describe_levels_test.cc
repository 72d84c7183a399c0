// Levels, gaps and histograms against values worked out by hand, and their properties.
#include "trace/describe_levels.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <numeric>

#include "trace/describe_series_for_tests.h"

namespace starling {
namespace {

TEST(Levels, ByHand) {
  const Levels levels = levels_of(series_of({0, 1, 2, 3, 4, 0, 6, 8}));
  EXPECT_EQ(levels.points, 8u);
  EXPECT_DOUBLE_EQ(levels.mean, 3);
  EXPECT_DOUBLE_EQ(levels.deviation, std::sqrt(58.0 / 7));
  EXPECT_DOUBLE_EQ(levels.p50, 2.5);
  EXPECT_DOUBLE_EQ(levels.p90, 6.6);  // position 0.9·7 = 6.3, between 6 and 8
  EXPECT_DOUBLE_EQ(levels.peak, 8);
  EXPECT_DOUBLE_EQ(levels.low, 0);
  EXPECT_DOUBLE_EQ(levels.zero_share, 0.25);
}

TEST(Levels, MissingIsNeverZero) {
  Series series = series_of({5, 0, 0, 7});
  series.present = {1, 0, 0, 1};
  const Levels levels = levels_of(series);
  EXPECT_EQ(levels.points, 2u);
  EXPECT_DOUBLE_EQ(levels.mean, 6);
  EXPECT_DOUBLE_EQ(levels.zero_share, 0);
  series.present.assign(4, 0);
  EXPECT_EQ(levels_of(series).points, 0u);
}

TEST(Gaps, CountedWithTheLongest) {
  Series series = series_of({0, 1, 0, 0, 1, 1, 0});
  series.present = {0, 1, 0, 0, 1, 1, 0};
  const Gaps gaps = gaps_of(series);
  EXPECT_EQ(gaps.missing, 4u);
  EXPECT_EQ(gaps.count, 3u);
  EXPECT_EQ(gaps.longest, 2u);
}

TEST(Histogram, EqualValuesAreOneBin) {
  const ValueHistogram histogram = histogram_of(series_of({3, 3, 3}), 10);
  EXPECT_THAT(histogram.counts, testing::ElementsAre(3));
  EXPECT_TRUE(histogram_of(series_of({}), 10).counts.empty());
}

RC_GTEST_PROP(Levels, PercentilesAreOrderedAndWithinTheValues, (std::vector<int> raw)) {
  RC_PRE(!raw.empty());
  const Levels levels = levels_of(series_of({raw.begin(), raw.end()}));
  RC_ASSERT(levels.low <= levels.p50 && levels.p50 <= levels.p90 && levels.p90 <= levels.p95);
  RC_ASSERT(levels.p95 <= levels.p99 && levels.p99 <= levels.peak);
}

RC_GTEST_PROP(Histogram, CountsEveryValueOnce, (std::vector<double> values)) {
  const std::size_t bins = *rc::gen::inRange<std::size_t>(1, 50);
  const ValueHistogram histogram = histogram_of(series_of(values), bins);
  const double counted = std::accumulate(histogram.counts.begin(), histogram.counts.end(), 0.0);
  RC_ASSERT(counted == static_cast<double>(values.size()));
  RC_ASSERT(std::ranges::is_sorted(histogram.edges));
}

}  // namespace
}  // namespace starling
