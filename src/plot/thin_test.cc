// Thinning: bounded, and no peak is lost.
#include "plot/thin.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

namespace starling {
namespace {

TEST(Thin, ShortSeriesKeepEveryPoint) {
  const std::vector<double> y{1, NAN, 3};
  const Thinned thinned = thin(y, 100, 60, 10);
  EXPECT_THAT(thinned.x, testing::ElementsAre(100, 160, 220));
  EXPECT_EQ(thinned.mean[0], 1);
  EXPECT_TRUE(std::isnan(thinned.mean[1]));
  EXPECT_EQ(thinned.high[2], 3);
}

TEST(Thin, NothingComesOfNothing) {
  EXPECT_TRUE(thin({}, 0, 1, 10).x.empty());
  EXPECT_TRUE(thin(std::vector<double>{1}, 0, 1, 0).x.empty());
}

RC_GTEST_PROP(Thin, KeepsExtremesAndItsBound, (std::vector<short> raw)) {
  RC_PRE(!raw.empty());
  const std::size_t buckets_max = *rc::gen::inRange<std::size_t>(1, 20);
  const std::vector<double> y(raw.begin(), raw.end());
  const Thinned thinned = thin(y, 0, 1, buckets_max);
  RC_ASSERT(thinned.x.size() <= buckets_max);
  RC_ASSERT(std::ranges::max(thinned.high) == std::ranges::max(y));
  RC_ASSERT(std::ranges::min(thinned.low) == std::ranges::min(y));
}

}  // namespace
}  // namespace starling
