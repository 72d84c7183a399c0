// Windows: what counts as known, the published scale formula, and exact round trips.
#include "feature/window.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

namespace starling {
namespace {

MaskedWindow window_of(std::vector<double> values) {
  const std::vector<std::uint8_t> present(values.size(), 1);
  return last_window(values, present, values.size());
}

std::vector<double> arbitrary_demand() {
  auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<double>>(
      rc::gen::map(rc::gen::inRange<int>(0, 1'000'000), [](int x) { return x / 37.0; })));
  return values;
}

TEST(Window, PadsAShortPastOnTheLeftAsUnknown) {
  const MaskedWindow window =
      last_window(std::vector<double>{3, 4}, std::vector<std::uint8_t>{1, 1}, 4);
  EXPECT_EQ(window.values, (std::vector<double>{0, 0, 3, 4}));
  EXPECT_EQ(window.present, (std::vector<std::uint8_t>{0, 0, 1, 1}));
  EXPECT_EQ(window.known, 2);
}

TEST(Window, WhatCannotBeDemandIsUnknown) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  const MaskedWindow window = window_of({nan, infinite, -infinite, -1, 1e300, 5});
  EXPECT_EQ(window.present, (std::vector<std::uint8_t>{0, 0, 0, 0, 0, 1}));
}

TEST(Window, SpreadFollowsTheFormula) {
  // Values 0 and 4 alternating: std 2, mean change 4, mean 2.
  const WindowScale scale = window_scale(window_of({0, 4, 0, 4}), 1.0);
  EXPECT_DOUBLE_EQ(scale.spread, 0.5 * 2 + 0.5 * 4 + 0.02 * 2);
  EXPECT_DOUBLE_EQ(scale.mean, 2);
  EXPECT_DOUBLE_EQ(scale.level, 1);
}

TEST(Window, ChangesAcrossAGapDoNotCount) {
  const std::vector<double> values{0, 0, 8};
  const std::vector<std::uint8_t> present{1, 0, 1};
  const WindowScale scale = window_scale(last_window(values, present, 3), 0);
  EXPECT_DOUBLE_EQ(scale.spread, 0.5 * 4 + 0.02 * 4);
}

RC_GTEST_PROP(Window, ItsScaleGrowsWithTheUnit, ()) {
  auto values = arbitrary_demand();
  values.push_back(values.back() + 10);
  const double factor = *rc::gen::element(1e-3, 0.5, 60.0, 1e6);
  auto scaled = values;
  for (double& x : scaled) x *= factor;
  const WindowScale a = window_scale(window_of(values), values.front());
  const WindowScale b = window_scale(window_of(scaled), scaled.front());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double from_level = (values[i] - a.level) / a.spread;
    RC_ASSERT(std::abs(from_level - (scaled[i] - b.level) / b.spread) < 1e-6);
    RC_ASSERT(std::abs(values[i] / a.mean - scaled[i] / b.mean) < 1e-6);
  }
}

}  // namespace
}  // namespace starling
