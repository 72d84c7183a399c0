// Rolling summaries: hand-computed windows, and agreement with the definition at every length.
#include "feature/rolling.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace starling {
namespace {

struct Points {
  std::vector<double> values;
  std::vector<std::uint8_t> present;
  SeriesView view() const { return {.values = values, .present = present}; }
};

Points all_known(std::vector<double> values) {
  std::vector<std::uint8_t> present(values.size(), 1);
  return {std::move(values), std::move(present)};
}

/// The definitions, point by point.
WindowSummary direct(const Points& points, std::size_t begin, std::size_t end) {
  double n = 0, sum = 0, absolute = 0, peak = 0, t_sum = 0;
  for (std::size_t i = begin; i < end; ++i) {
    if (!points.present[i]) continue;
    n += 1;
    sum += points.values[i];
    absolute += std::abs(points.values[i]);
    peak = std::max(peak, std::abs(points.values[i]));
    t_sum += static_cast<double>(i);
  }
  double xx = 0, tx = 0, tt = 0;
  for (std::size_t i = begin; i < end; ++i) {
    if (!points.present[i]) continue;
    const double dx = points.values[i] - sum / n, dt = static_cast<double>(i) - t_sum / n;
    xx += dx * dx;
    tx += dt * dx;
    tt += dt * dt;
  }
  return {.known = static_cast<int>(n),
          .mean = sum / n,
          .mean_absolute = absolute / n,
          .deviation = std::sqrt(xx / n),
          .slope = tx / tt,
          .peak_ratio = absolute > 0 ? peak / (absolute / n) : 1};
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-9 * (1 + std::abs(a)); }

TEST(Rolling, SummarisesAWindowByHand) {
  const auto last = rolling_summaries(all_known({9, 1, 3, 5, 7}).view(), 4, 5, 5).front();
  EXPECT_EQ(last.known, 4);
  EXPECT_DOUBLE_EQ(last.mean, 4);
  EXPECT_DOUBLE_EQ(last.deviation, std::sqrt(5));
  EXPECT_DOUBLE_EQ(last.slope, 2);
  EXPECT_DOUBLE_EQ(last.peak_ratio, 7.0 / 4);
}

TEST(Rolling, TooFewPointsAreUnknownNotZero) {
  const Points points{{5, 0, 0}, {1, 0, 0}};
  const auto windows = rolling_summaries(points.view(), 2, 0, 3);
  EXPECT_TRUE(std::isnan(windows[0].mean));
  EXPECT_DOUBLE_EQ(windows[1].mean, 5);
  EXPECT_TRUE(std::isnan(windows[1].slope));
  EXPECT_DOUBLE_EQ(windows[2].mean, 5);
  EXPECT_TRUE(std::isnan(windows[3].mean));
}

TEST(Rolling, ASurgeLongPastLeavesNoRoundingErrorBehind) {
  std::vector<double> values(40, 0.1);
  values[3] = 1e15;
  const auto windows = rolling_summaries(all_known(values).view(), 8, 40, 40);
  EXPECT_NEAR(windows[0].mean, 0.1, 1e-16);
  EXPECT_NEAR(windows[0].deviation, 0, 1e-16);
}

RC_GTEST_PROP(Rolling, AgreesWithTheDefinition, ()) {
  Points points;
  points.values = *rc::gen::nonEmpty(rc::gen::container<std::vector<double>>(
      rc::gen::map(rc::gen::inRange(-1000, 1000), [](int x) { return x / 7.0; })));
  for (std::size_t i = 0; i < points.values.size(); ++i) {
    points.present.push_back(*rc::gen::inRange(0, 4) > 0);
  }
  const std::size_t size = points.values.size();
  const auto length = *rc::gen::inRange<std::size_t>(1, size + 3);
  const auto first = *rc::gen::inRange<std::size_t>(0, size + 1);
  const auto windows = rolling_summaries(points.view(), length, first, size);
  RC_ASSERT(windows.size() == size - first + 1);
  for (std::size_t end = first; end <= size; ++end) {
    const WindowSummary& got = windows[end - first];
    const WindowSummary expected = direct(points, end - std::min(end, length), end);
    RC_ASSERT(got.known == expected.known);
    if (expected.known < 1) continue;
    RC_ASSERT(near(got.mean, expected.mean) && near(got.mean_absolute, expected.mean_absolute));
    RC_ASSERT(near(got.deviation, expected.deviation));
    RC_ASSERT(near(got.peak_ratio, expected.peak_ratio));
    if (expected.known > 1) RC_ASSERT(near(got.slope, expected.slope));
  }
}

}  // namespace
}  // namespace starling
