// Each workload's multiplier follows its own violation, and its own alone.
#include "policy/ppo/lagrange_multipliers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace starling::ppo {
namespace {

const LagrangeOptions kOptions{.initial = 0.3, .integral_gain = 0.2, .episode_steps = 100};

void play(LagrangeMultipliers& multipliers, int updates, float first, float second) {
  for (int i = 0; i < updates; ++i) {
    multipliers.observe(std::vector<std::int32_t>{0, 1, 0, 1},
                        std::vector<float>{first, second, first, second});
  }
}

TEST(LagrangeMultipliers, RiseWhereMoreIsMissedThanIsAllowedAndFallWhereLess) {
  LagrangeMultipliers multipliers(3, kOptions);
  play(multipliers, 500, 2, 0.5);
  EXPECT_GT(multipliers.at(0), 0.3 * 2);
  EXPECT_LT(multipliers.at(1), 0.3 / 2);
  EXPECT_DOUBLE_EQ(multipliers.at(2), 0.3) << "nobody played it";
}

TEST(LagrangeMultipliers, StandStillWhereExactlyAsMuchIsMissedAsIsAllowed) {
  LagrangeMultipliers multipliers(2, kOptions);
  play(multipliers, 500, 1, 1);
  EXPECT_DOUBLE_EQ(multipliers.at(0), 0.3);
}

TEST(LagrangeMultipliers, ABurstCountsByItsMeanAndNotByTheStepsThatItTook) {
  // One step in fifty misses fifty times what is allowed: the constraint just holds.
  LagrangeMultipliers multipliers(1, kOptions);
  double highest = 0, lowest = 1;
  for (int i = 0; i < 5000; ++i) {
    multipliers.observe(std::vector<std::int32_t>{0},
                        std::vector<float>{i % 50 == 49 ? 50.0F : 0.0F});
    if (i > 500) highest = std::max(highest, multipliers.at(0));
    if (i > 500) lowest = std::min(lowest, multipliers.at(0));
  }
  EXPECT_LT(highest, 0.5);
  EXPECT_GT(lowest, 0.2);
}

TEST(LagrangeMultipliers, StayFiniteAndComeBack) {
  LagrangeMultipliers multipliers(2, kOptions);
  play(multipliers, 20'000, 1e6F, 0);
  const double dear = multipliers.at(0), cheap = multipliers.at(1);
  EXPECT_LT(dear, 1e3);
  EXPECT_GT(cheap, 0);
  LagrangeMultipliers restored(2, kOptions);
  EXPECT_FALSE(restored.restore({1}, {1}));
  EXPECT_TRUE(restored.restore(multipliers.integrals(), multipliers.mean_missed()));
  EXPECT_DOUBLE_EQ(restored.at(0), dear);
  EXPECT_GT(dear, restored.geometric_mean());
  EXPECT_LT(cheap, restored.geometric_mean());
}

}  // namespace
}  // namespace starling::ppo
