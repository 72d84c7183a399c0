// The nearest-rank quantile by its definition.
#include "base/nearest_rank.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

TEST(NearestRank, IsTheSmallestValueThatTheShareDoesNotExceed) {
  const std::vector<double> values{15, 50, 20, 40, 35};
  EXPECT_EQ(nearest_rank(values, 0.05), 15);
  EXPECT_EQ(nearest_rank(values, 0.3), 20);
  EXPECT_EQ(nearest_rank(values, 0.4), 20);
  EXPECT_EQ(nearest_rank(values, 0.5), 35);
  EXPECT_EQ(nearest_rank(values, 1), 50);
}

TEST(NearestRank, OfNoValuesIsNone) {
  EXPECT_EQ(nearest_rank<double>({}, 0.5), 0);
  EXPECT_EQ(nearest_rank<double>({7}, 0), 7);
}

}  // namespace
}  // namespace starling
