// Ridge regression: recovers a linear law, follows the closed form, and shrinks as it must.
#include "feature/ridge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/rng.h"

namespace starling {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// target = 3 + 2·x0 − 0.5·x1; x2 is constant.
FeatureTable linear_table(int rows) {
  Rng rng(5);
  FeatureTable table{.names = {"x0", "x1", "x2"}, .columns = std::vector<std::vector<double>>(3)};
  for (int i = 0; i < rows; ++i) {
    table.columns[0].push_back(rng.normal());
    table.columns[1].push_back(100 * rng.normal() + table.columns[0].back());
    table.columns[2].push_back(7);
    table.target.push_back(3 + 2 * table.columns[0].back() - 0.5 * table.columns[1].back());
  }
  return table;
}

TEST(Ridge, RecoversALinearLaw) {
  const FeatureTable table = linear_table(500);
  const RidgeModel model = RidgeMoments(table).fit({{0, 1, 2}}, 1e-12);
  EXPECT_NEAR(model.weights[0], 2, 1e-6);
  EXPECT_NEAR(model.weights[1], -0.5, 1e-6);
  EXPECT_EQ(model.weights[2], 0);
  for (std::size_t row = 0; row < 10; ++row) {
    EXPECT_NEAR(model.predict(table, row), table.target[row], 1e-5);
  }
}

TEST(Ridge, FollowsTheClosedFormOfOneColumn) {
  // x has mean 2 and variance 2/3, its covariance with y is 1: weight = cov / (var·(1 + penalty)).
  const FeatureTable table{.names = {"x"}, .columns = {{1, 2, 3}}, .target = {1, 2.5, 4}};
  const RidgeModel model = RidgeMoments(table).fit({{0}}, 0.5);
  EXPECT_NEAR(model.weights[0], 1 / (2.0 / 3 * 1.5), 1e-12);
  EXPECT_NEAR(model.intercept, 2.5, 1e-12);
}

TEST(Ridge, AnInfinitePenaltyLeavesTheMean) {
  const FeatureTable table = linear_table(50);
  const RidgeModel model = RidgeMoments(table).fit({{0, 1}}, 1e12);
  EXPECT_NEAR(model.predict(table, 0), model.intercept, 1e-6);
}

TEST(Ridge, SharesTheWeightBetweenCopies) {
  FeatureTable table = linear_table(200);
  table.columns[2] = table.columns[0];
  const RidgeModel model = RidgeMoments(table).fit({{0, 1, 2}}, 1e-6);
  EXPECT_NEAR(model.weights[0], 1, 1e-3);
  EXPECT_NEAR(model.weights[2], 1, 1e-3);
}

TEST(Ridge, AnUnknownValueCountsAsTheMean) {
  FeatureTable table{.names = {"x"}, .columns = {{1, 3, kNan}}, .target = {1, 3, 2}};
  const RidgeModel model = RidgeMoments(table).fit({{0}}, 1e-9);
  EXPECT_NEAR(model.predict(table, 2), 2, 1e-9);
  table.target[2] = kNan;
  EXPECT_NEAR(RidgeMoments(table).fit({{0}}, 1e-9).weights[0], 1, 1e-6);
}

TEST(Ridge, WithoutRowsItForecastsZero) {
  const FeatureTable table{.names = {"x"}, .columns = {{}}};
  EXPECT_EQ(RidgeMoments(table).fit({{0}}, 1).intercept, 0);
}

}  // namespace
}  // namespace starling
