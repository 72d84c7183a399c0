// Boosted trees keep the contract and learn what lags can tell.
#include "forecast/trees/boosted_trees.h"

#include <gtest/gtest.h>

#include "forecast/contract_checks.h"

namespace starling {
namespace {

TEST(BoostedTrees, KeepTheContract) {
  if (!has_boosted_trees()) {
    EXPECT_EQ(make_boosted_trees().error().code, ErrorCode::kUnavailable);
    GTEST_SKIP() << "built without XGBoost";
  }
  expect_contract(**make_boosted_trees());
}

TEST(BoostedTrees, LearnARepeatedPattern) {
  if (!has_boosted_trees()) GTEST_SKIP() << "built without XGBoost";
  std::vector<double> pattern;
  for (int i = 0; i < 400; ++i) pattern.push_back(i % 8 < 4 ? 100 : 20);
  const OwnedHistory history(pattern);  // ends a period: four steps of 100 follow
  const HistoryView view = history.view();
  const auto forecast = (*make_boosted_trees())->forecast({&view, 1}, 8).value().front();
  EXPECT_EQ(forecast.method, "gbt");
  for (std::size_t h = 0; h < 8; ++h) {
    EXPECT_NEAR(forecast.quantile(h, 0.5), h < 4 ? 100 : 20, 15) << h;
  }
}

TEST(BoostedTrees, SayThatAShortHistoryIsSmoothed) {
  if (!has_boosted_trees()) GTEST_SKIP() << "built without XGBoost";
  const OwnedHistory history({1, 2, 3, 4, 5});
  const HistoryView view = history.view();
  EXPECT_EQ((*make_boosted_trees())->forecast({&view, 1}, 2).value().front().method, "ses");
}

}  // namespace
}  // namespace starling
