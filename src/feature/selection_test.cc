// Selection: relevance first, duplicates late, noise last; and what an estimate must not depend on.
#include "feature/selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/rng.h"

namespace starling {
namespace {

/// target = 2·strong + weak + noise, with an exact copy of `strong` and a column of pure noise.
FeatureTable made_table(int rows) {
  Rng rng(3);
  FeatureTable table{.names = {"noise", "copy", "strong", "weak"},
                     .columns = std::vector<std::vector<double>>(4)};
  for (int i = 0; i < rows; ++i) {
    const double strong = rng.normal(), weak = rng.normal();
    const double row[] = {rng.normal(), strong, strong, weak};
    for (std::size_t j = 0; j < 4; ++j) table.columns[j].push_back(row[j]);
    table.target.push_back(2 * strong + weak + 0.3 * rng.normal());
  }
  return table;
}

std::vector<std::string> names_of(const FeatureTable& table,
                                  const std::vector<RankedFeature>& ranked) {
  std::vector<std::string> names;
  for (const RankedFeature& one : ranked) names.push_back(table.names[one.column]);
  return names;
}

TEST(Selection, ADuplicateOfARelevantFeatureIsRankedLate) {
  const FeatureTable table = made_table(20'000);
  // The copy comes after the weaker feature although it is more relevant; the difference even puts
  // it after noise, for it repeats everything and noise nothing.
  EXPECT_EQ(names_of(table, rank_features(table, SelectionScore::kDifference)),
            (std::vector<std::string>{"copy", "weak", "noise", "strong"}));
  const auto ranked = rank_features(table, SelectionScore::kQuotient);
  EXPECT_EQ(table.names[ranked[0].column], "copy");
  EXPECT_EQ(table.names[ranked[1].column], "weak");
  const auto duplicate = std::find_if(ranked.begin(), ranked.end(),
                                      [](const RankedFeature& one) { return one.column == 2; });
  EXPECT_GT(duplicate->relevance, ranked[1].relevance);
  EXPECT_GT(duplicate->redundancy, duplicate->relevance);
}

TEST(Selection, RanksEveryColumnOnce) {
  const auto ranked = rank_features(made_table(100));
  std::vector<std::size_t> columns;
  for (const RankedFeature& one : ranked) columns.push_back(one.column);
  std::sort(columns.begin(), columns.end());
  EXPECT_EQ(columns, (std::vector<std::size_t>{0, 1, 2, 3}));
}

TEST(Selection, UnknownValuesAndConstantsTellNothing) {
  FeatureTable table = made_table(1'000);
  table.columns[2].assign(table.rows(), std::numeric_limits<double>::quiet_NaN());
  table.columns[3].assign(table.rows(), 5.0);
  for (const RankedFeature& one : rank_features(table)) {
    if (one.column < 2) continue;
    EXPECT_EQ(one.relevance, 0) << table.names[one.column];
  }
}

TEST(Selection, RowsWithoutATargetTakeNoPart) {
  const FeatureTable table = made_table(1'000);
  FeatureTable longer = table;
  Rng rng(9);
  for (int i = 0; i < 50; ++i) {
    for (auto& column : longer.columns) column.push_back(100 + rng.normal());
    longer.target.push_back(std::numeric_limits<double>::quiet_NaN());
  }
  const auto known = longer.rows_with_target();
  EXPECT_EQ(known.size(), table.rows());
  EXPECT_EQ(rank_features(longer).front().column, rank_features(table).front().column);
}

}  // namespace
}  // namespace starling
