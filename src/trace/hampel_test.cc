// The Hampel filter against its published definition.
#include "trace/hampel.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

namespace starling {
namespace {

using testing::ElementsAre;

Series of(std::vector<double> values) {
  Series series;
  series.values = std::move(values);
  series.present.assign(series.values.size(), 1);
  return series;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

TEST(Hampel, FlagsTheSpikeOfAKnownSeries) {
  // Of the window 1 2 3 4 100 the median is 3, MAD 1: 97 > 3 · 1.4826; in 3 4 100 6 7 it is 6,
  // MAD 2: 94 > 8.9. No other point is that far from its neighbours.
  EXPECT_THAT(hampel_outliers(of({1, 2, 3, 4, 100, 6, 7, 8}), {.half_window = 2}),
              ElementsAre(0, 0, 0, 0, 1, 0, 0, 0));
}

TEST(Hampel, TheThresholdIsInDeviations) {
  // Window 0 1 2 3 x: median 2, MAD 1, so three deviations reach to 2 + 4.4478.
  EXPECT_THAT(hampel_outliers(of({0, 1, 6.44, 2, 3}), {.half_window = 4}),
              ElementsAre(0, 0, 0, 0, 0));
  EXPECT_THAT(hampel_outliers(of({0, 1, 6.46, 2, 3}), {.half_window = 4}),
              ElementsAre(0, 0, 1, 0, 0));
}

TEST(Hampel, ASpikeInAConstantSeriesIsOneAndAnIdleServicesRequestsAreNot) {
  EXPECT_THAT(hampel_outliers(of({5, 5, 5, 5, 90, 5, 5, 5, 5})),
              ElementsAre(0, 0, 0, 0, 1, 0, 0, 0, 0));
  EXPECT_THAT(hampel_outliers(of({0, 0, 7, 0, 0, 6, 0, 8, 0})),
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0));
}

TEST(Hampel, MissingPointsTakeNoPart) {
  Series series = of({1, 2, 0, 3, 100, 2, 0, 1});
  series.present = {1, 1, 0, 1, 1, 1, 0, 1};
  const auto flags = hampel_outliers(series);
  EXPECT_THAT(flags, ElementsAre(0, 0, 0, 0, 1, 0, 0, 0));
}

RC_GTEST_PROP(Hampel, IsTheFormulaOnEveryWindow, ()) {
  const auto numbers = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-50, 50));
  const Series series = of({numbers.begin(), numbers.end()});
  const int half = *rc::gen::inRange(1, 6);
  const auto flags = hampel_outliers(series, {.half_window = half});
  RC_ASSERT(flags.size() == series.size());
  for (int i = 0; i < static_cast<int>(series.size()); ++i) {
    const int begin = std::max(0, i - half);
    const int end = std::min(static_cast<int>(series.size()), i + half + 1);
    const std::vector<double> window(series.values.begin() + begin, series.values.begin() + end);
    const double center = median(window);
    std::vector<double> deviations;
    for (const double value : window) deviations.push_back(std::abs(value - center));
    const double mad = median(deviations);
    if (window.size() < 3 || mad == 0) continue;
    const auto index = static_cast<std::size_t>(i);
    RC_ASSERT((flags[index] == 1) ==
              (deviations[index - static_cast<std::size_t>(begin)] > 3 * 1.4826 * mad));
  }
}

}  // namespace
}  // namespace starling
