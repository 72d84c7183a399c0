// Half precision: known patterns, rounding, and the round trip of every half.
#include "forecast/net/half.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace starling {
namespace {

TEST(Half, KnownPatterns) {
  EXPECT_EQ(to_half(1.0F), 0x3c00);
  EXPECT_EQ(to_half(-2.0F), 0xc000);
  EXPECT_EQ(to_half(65504.0F), 0x7bff) << "the largest";
  EXPECT_EQ(to_half(0x1p-24F), 0x0001) << "the smallest";
  EXPECT_EQ(to_half(1e6F), 0x7c00) << "infinite";
  EXPECT_EQ(from_half(0x3555), 0.333251953125F);
}

TEST(Half, EveryHalfComesBack) {
  for (std::uint32_t half = 0; half <= 0xffff; ++half) {
    const auto bits = static_cast<std::uint16_t>(half);
    if (std::isnan(from_half(bits))) continue;
    ASSERT_EQ(to_half(from_half(bits)), bits);
  }
}

RC_GTEST_PROP(Half, RoundsToTheNearest, ()) {
  const float x = *rc::gen::map(rc::gen::inRange(-60'000'000, 60'000'000),
                                [](int n) { return static_cast<float>(n) * 1e-3F; });
  const std::uint16_t half = to_half(x);
  const double miss = std::abs(static_cast<double>(from_half(half)) - x);
  for (const int step : {-1, 1}) {
    const double other = from_half(static_cast<std::uint16_t>(half + step));
    RC_ASSERT(!std::isfinite(other) || miss <= std::abs(other - x));
  }
}

}  // namespace
}  // namespace starling
