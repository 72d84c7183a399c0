// Scaling: the documented formulas, exact inverses, and independence of the unit.
#include "feature/scaling.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace starling {
namespace {

constexpr std::array kAll{Scaling::kMeanAbsolute, Scaling::kMedianMad, Scaling::kMedianIqr,
                          Scaling::kLog1p, Scaling::kAsinh};

Scaler fit(Scaling scaling, const std::vector<double>& values) {
  return fit_scaler(scaling, values, std::vector<std::uint8_t>(values.size(), 1));
}

std::vector<double> arbitrary_values() {
  return *rc::gen::nonEmpty(rc::gen::container<std::vector<double>>(
      rc::gen::map(rc::gen::inRange<int>(-1'000'000, 1'000'000), [](int x) { return x / 37.0; })));
}

TEST(Scaling, FollowsTheFormulas) {
  // Median 3; absolute distances 2, 1, 0, 1, 97: MAD 1; quartiles 2 and 4; mean|x| 22.
  const std::vector<double> values{1, 2, 3, 4, 100};
  EXPECT_DOUBLE_EQ(fit(Scaling::kMeanAbsolute, values).forward(44), 2);
  EXPECT_DOUBLE_EQ(fit(Scaling::kMedianMad, values).forward(3 + 1.4826), 1);
  EXPECT_DOUBLE_EQ(fit(Scaling::kMedianIqr, values).forward(7), 2);
  EXPECT_DOUBLE_EQ(fit(Scaling::kLog1p, values).forward(-22), -std::log(2));
  EXPECT_DOUBLE_EQ(fit(Scaling::kAsinh, values).forward(3 + 1.4826), std::asinh(1));
}

TEST(Scaling, OutliersDoNotMoveTheRobustKinds) {
  for (const Scaling scaling : {Scaling::kMedianMad, Scaling::kMedianIqr, Scaling::kAsinh}) {
    const Scaler usual = fit(scaling, {1, 2, 3, 4, 5});
    const Scaler broken = fit(scaling, {1, 2, 3, 4, 1e9});
    EXPECT_EQ(usual.centre, broken.centre);
    EXPECT_EQ(usual.scale, broken.scale);
  }
}

TEST(Scaling, UnknownAndBrokenValuesTakeNoPart) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> values{2, 1e6, nan, 4, 1e300};
  const std::vector<std::uint8_t> present{1, 0, 1, 1, 1};
  EXPECT_DOUBLE_EQ(fit_scaler(Scaling::kMeanAbsolute, values, present).scale, 3);
}

TEST(Scaling, WindowsWithoutSpreadHaveAScale) {
  for (const Scaling scaling : kAll) {
    EXPECT_EQ(fit(scaling, {}).scale, 1);
    EXPECT_EQ(fit(scaling, {0, 0, 0}).scale, 1);
    EXPECT_GT(fit(scaling, {0, 0, 0, 0, 0, 0, 0, 70}).scale, 0);
  }
}

RC_GTEST_PROP(Scaling, HasAnExactInverse, ()) {
  const auto values = arbitrary_values();
  for (const Scaling scaling : kAll) {
    const Scaler scaler = fit(scaling, values);
    for (const double x : values) {
      // An error of one unit in the last place of z = asinh(r) is |z| of them in r = sinh(z).
      const double z = scaler.forward(x);
      const double size = std::abs(x) + std::abs(scaler.centre) + scaler.scale;
      RC_ASSERT(std::abs(scaler.inverse(z) - x) <= 1e-14 * (1 + std::abs(z)) * size);
    }
  }
}

RC_GTEST_PROP(Scaling, DoesNotDependOnTheUnit, ()) {
  const auto values = arbitrary_values();
  const double factor = *rc::gen::element(0x1p-10, 0.5, 64.0, 0x1p20);
  auto converted = values;
  for (double& x : converted) x *= factor;
  for (const Scaling scaling : kAll) {
    const Scaler a = fit(scaling, values);
    const Scaler b = fit(scaling, converted);
    if (a.scale == 1) continue;  // all zeros: no unit can be seen
    for (std::size_t i = 0; i < values.size(); ++i) {
      RC_ASSERT(std::abs(a.forward(values[i]) - b.forward(converted[i])) < 1e-9);
    }
  }
}

}  // namespace
}  // namespace starling
