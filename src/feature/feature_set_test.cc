// The feature set: known values by hand, and that no feature ever sees the future or the unit.
#include "feature/feature_set.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace starling {
namespace {

struct Workload {
  std::vector<double> values;
  std::vector<std::uint8_t> present;
  Duration step = 1h;
  SeriesView view() const {
    return {.values = values, .present = present, .start = TimePoint{}, .step = step};
  }
};

Workload counting(std::size_t size) {
  Workload workload{.values = std::vector<double>(size),
                    .present = std::vector<std::uint8_t>(size, 1)};
  std::iota(workload.values.begin(), workload.values.end(), 1);
  return workload;
}

Workload arbitrary_workload() {
  Workload workload;
  const auto size = *rc::gen::inRange<std::size_t>(2, 80);
  for (std::size_t i = 0; i < size; ++i) {
    workload.values.push_back(*rc::gen::inRange(0, 5000) / 16.0);
    workload.present.push_back(*rc::gen::inRange(0, 5) > 0);
  }
  return workload;
}

/// Small enough for short series, and with every kind of feature.
FeatureSpec small_spec(int horizon) {
  return {.horizon = horizon,
          .lags = {1, 3},
          .windows = {2, 5},
          .blocks = 3,
          .seasons = {6h, 24h},
          .harmonics = 1,
          .level_window = 3,
          .scale_window = 16};
}

double feature(const FeatureTable& table, const std::string& name, std::size_t row = 0) {
  const auto at = std::find(table.names.begin(), table.names.end(), name);
  EXPECT_NE(at, table.names.end()) << name;
  return table.columns[static_cast<std::size_t>(at - table.names.begin())][row];
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

std::vector<std::size_t> all_origins(const Workload& workload) {
  std::vector<std::size_t> origins(workload.values.size() + 1);
  std::iota(origins.begin(), origins.end(), 0);
  return origins;
}

TEST(FeatureSet, FollowsItsDefinitions) {
  const Workload workload = counting(40);  // hour n holds n + 1
  const std::vector<std::size_t> origins{30};
  const FeatureTable table = feature_table(workload.view(), origins, small_spec(4));
  // The last three are 28, 29, 30; the last sixteen, from 15, have mean 22.5, variance 255/12.
  const double scale = std::sqrt(255.0 / 12) + 0.02 * 22.5;
  const auto change = [&](double x) { return std::asinh(x / scale); };
  const auto scaled = [&](double x) { return change(x - 29); };
  EXPECT_DOUBLE_EQ(table.level[0], 29);
  EXPECT_DOUBLE_EQ(table.scale[0], scale);
  EXPECT_DOUBLE_EQ(table.target[0], scaled(34));
  EXPECT_DOUBLE_EQ(table.to_unit(0, table.target[0]), 34);
  EXPECT_DOUBLE_EQ(feature(table, "lag_3"), scaled(28));
  EXPECT_DOUBLE_EQ(feature(table, "mean_5"), scaled(28));
  EXPECT_DOUBLE_EQ(feature(table, "mean_5_back_2"), scaled(18));
  EXPECT_DOUBLE_EQ(feature(table, "deviation_5"), change(std::sqrt(2)));
  EXPECT_DOUBLE_EQ(feature(table, "slope_5"), change(5));
  EXPECT_DOUBLE_EQ(feature(table, "peak_ratio_5"), 30.0 / 28);
  EXPECT_DOUBLE_EQ(feature(table, "same_time_24"), scaled(10));
  EXPECT_DOUBLE_EQ(feature(table, "same_time_6"), scaled(28));
  // The target is hour 33: nine hours into the second day.
  EXPECT_NEAR(feature(table, "day_sin_1"), std::sin(2 * M_PI * 9 / 24), 1e-12);
  EXPECT_EQ(table.made_at[0], TimePoint{30h});
  EXPECT_EQ(table.known_at[0], TimePoint{34h});
}

TEST(FeatureSet, BeyondTheHorizonTheSeasonReachesFurtherBack) {
  const Workload workload = counting(40);
  const std::vector<std::size_t> origins{30};
  // The target is hour 37; six and not one hour earlier would be hour 31, not known yet.
  const FeatureTable table = feature_table(workload.view(), origins, small_spec(8));
  EXPECT_DOUBLE_EQ(feature(table, "same_time_6"), std::asinh((26 - 29) / table.scale[0]));
}

TEST(FeatureSet, UnknownIsNotZero) {
  Workload workload = counting(10);
  workload.present = {1, 1, 1, 1, 1, 1, 1, 0, 0, 0};
  const std::vector<std::size_t> origins{0, 10};
  const FeatureTable table = feature_table(workload.view(), origins, small_spec(1));
  for (const std::string name : {"lag_1", "lag_3", "mean_2", "slope_2", "same_time_24"}) {
    EXPECT_TRUE(std::isnan(feature(table, name, 0))) << name;
    EXPECT_TRUE(std::isnan(feature(table, name, 1))) << name;
  }
  EXPECT_DOUBLE_EQ(feature(table, "mean_5", 1), std::asinh(2.5 / (2 + 0.02 * 4)));
  EXPECT_TRUE(std::isnan(table.target[1]));
  EXPECT_EQ(table.rows_with_target(), (std::vector<std::size_t>{0}));
}

TEST(FeatureSet, NoOriginsGiveAnEmptyTable) {
  const FeatureTable table = feature_table(counting(3).view(), {});
  EXPECT_EQ(table.rows(), 0u);
  EXPECT_EQ(table.columns.size(), table.names.size());
}

RC_GTEST_PROP(FeatureSet, TheFutureChangesNoFeature, ()) {
  const Workload workload = arbitrary_workload();
  const auto now = *rc::gen::inRange<std::size_t>(0, workload.values.size() + 1);
  Workload changed = workload;
  for (std::size_t i = now; i < changed.values.size(); ++i) {
    changed.values[i] = *rc::gen::inRange(-100'000, 100'000) * 3.7;
    changed.present[i] = *rc::gen::inRange(0, 2) > 0;
  }
  std::vector<std::size_t> origins(now + 1);
  std::iota(origins.begin(), origins.end(), 0);
  const FeatureSpec spec = small_spec(*rc::gen::inRange(1, 30));
  const FeatureTable before = feature_table(workload.view(), origins, spec);
  const FeatureTable after = feature_table(changed.view(), origins, spec);
  RC_ASSERT(same_bits(before.scale, after.scale) && same_bits(before.level, after.level));
  for (std::size_t j = 0; j < before.columns.size(); ++j) {
    RC_ASSERT(same_bits(before.columns[j], after.columns[j]));
  }
}

RC_GTEST_PROP(FeatureSet, OneMomentAloneGivesWhatAllMomentsGive, ()) {
  const Workload workload = arbitrary_workload();
  const auto one = *rc::gen::inRange<std::size_t>(0, workload.values.size() + 1);
  const FeatureTable all = feature_table(workload.view(), all_origins(workload), small_spec(2));
  const FeatureTable alone = feature_table(workload.view(), {{one}}, small_spec(2));
  for (std::size_t j = 0; j < all.columns.size(); ++j) {
    const double a = all.columns[j][one], b = alone.columns[j][0];
    RC_ASSERT(std::isnan(a) == std::isnan(b));
    if (!std::isnan(a)) RC_ASSERT(std::abs(a - b) < 1e-9);
  }
}

RC_GTEST_PROP(FeatureSet, TheUnitDoesNotShow, ()) {
  const Workload workload = arbitrary_workload();
  Workload converted = workload;
  for (double& x : converted.values) x *= 1024;
  const auto origins = all_origins(workload);
  const FeatureTable a = feature_table(workload.view(), origins, small_spec(1));
  const FeatureTable b = feature_table(converted.view(), origins, small_spec(1));
  for (std::size_t j = 0; j < a.columns.size(); ++j) {
    RC_ASSERT(same_bits(a.columns[j], b.columns[j]));
  }
}

}  // namespace
}  // namespace starling
