// Each workload's price follows its own violation, and its own alone.
#include "policy/ppo/constraint_prices.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace starling::ppo {
namespace {

const ConstraintPriceOptions kOptions{.first = 0.3, .integral = 0.2, .episode = 100};

void play(ConstraintPrices& prices, int updates, float first, float second) {
  for (int i = 0; i < updates; ++i) {
    prices.observe(std::vector<std::int32_t>{0, 1, 0, 1},
                   std::vector<float>{first, second, first, second});
  }
}

TEST(ConstraintPrices, RiseWhereMoreIsMissedThanIsAllowedAndFallWhereLess) {
  ConstraintPrices prices(3, kOptions);
  play(prices, 500, 2, 0.5);
  EXPECT_GT(prices.at(0), 0.3 * 2);
  EXPECT_LT(prices.at(1), 0.3 / 2);
  EXPECT_DOUBLE_EQ(prices.at(2), 0.3) << "nobody played it";
}

TEST(ConstraintPrices, StandStillWhereExactlyAsMuchIsMissedAsIsAllowed) {
  ConstraintPrices prices(2, kOptions);
  play(prices, 500, 1, 1);
  EXPECT_DOUBLE_EQ(prices.at(0), 0.3);
}

TEST(ConstraintPrices, ABurstCountsByItsMeanAndNotByTheStepsThatItTook) {
  // One step in fifty misses fifty times what is allowed: the constraint just holds.
  ConstraintPrices prices(1, kOptions);
  double highest = 0, lowest = 1;
  for (int i = 0; i < 5000; ++i) {
    prices.observe(std::vector<std::int32_t>{0}, std::vector<float>{i % 50 == 49 ? 50.0F : 0.0F});
    if (i > 500) highest = std::max(highest, prices.at(0));
    if (i > 500) lowest = std::min(lowest, prices.at(0));
  }
  EXPECT_LT(highest, 0.5);
  EXPECT_GT(lowest, 0.2);
}

TEST(ConstraintPrices, StayFiniteAndComeBack) {
  ConstraintPrices prices(2, kOptions);
  play(prices, 20'000, 1e6F, 0);
  const double dear = prices.at(0), cheap = prices.at(1);
  EXPECT_LT(dear, 1e3);
  EXPECT_GT(cheap, 0);
  ConstraintPrices restored(2, kOptions);
  EXPECT_FALSE(restored.restore({1}, {1}));
  EXPECT_TRUE(restored.restore(prices.integrals(), prices.means()));
  EXPECT_DOUBLE_EQ(restored.at(0), dear);
  EXPECT_GT(dear, restored.mean());
  EXPECT_LT(cheap, restored.mean());
}

}  // namespace
}  // namespace starling::ppo
