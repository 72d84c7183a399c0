// Sums of workloads: what is added, over which time, and what is known of it.
#include "forecast/net/superposed.h"

#include <gtest/gtest.h>

#include <numeric>

#include "forecast/workloads_for_tests.h"

namespace starling {
namespace {

Series constant(double value, std::size_t points, TimePoint start = {}) {
  Series series{.workload = "c", .start = start, .step = 5min, .values = {}, .present = {}};
  series.values.assign(points, value);
  series.present.assign(points, 1);
  return series;
}

TEST(Superposed, AWorkloadCountsByTheRootOfItsVolume) {
  Rng rng(1);
  const auto sums = superposed({"two", 1, {constant(4, 10), constant(25, 10)}}, 3, rng);
  ASSERT_EQ(sums.workloads.size(), 3u);
  for (const Series& sum : sums.workloads) {
    EXPECT_EQ(sum.values, std::vector<double>(10, 2 + 5));
    EXPECT_EQ(sum.step, 5min);
  }
}

TEST(Superposed, WhatIsMissingIsMadeUpForUntilHalfOfTheVolumeIs) {
  Series small = constant(1, 4), large = constant(100, 4);
  small.present = {1, 0, 1, 0};
  large.present = {1, 1, 0, 0};
  Rng rng(1);
  const auto sums = superposed({"two", 1, {small, large}}, 1, rng);
  EXPECT_EQ(sums.workloads[0].present, (std::vector<std::uint8_t>{1, 1, 0, 0}));
  EXPECT_NEAR(sums.workloads[0].values[1], 11, 1e-9);
}

TEST(Superposed, WorkloadsMeetAtTheSameTime) {
  const TimePoint late = TimePoint{} + 10min;
  Series early = constant(1, 4);
  early.values = {2, 2, 0, 0};
  Rng rng(1);
  const auto sums = superposed({"two", 1, {early, constant(1, 4, late)}}, 8, rng);
  for (const Series& sum : sums.workloads) {
    // While both are there, the early one is silent.
    const std::size_t both = sum.start == late ? 0 : 2;
    EXPECT_DOUBLE_EQ(sum.values[both], 1);
    EXPECT_DOUBLE_EQ(sum.values[both + 1], 1);
  }
}

TEST(Superposed, SumsOfWorkloadsWithOneDayAreSmootherThanEach) {
  const TrainingSet set{"waves", 1, seasonal_workloads(40, 400, 3)};
  Rng rng(2);
  const auto sums = superposed(set, 40, rng);
  const auto roughness = [](const std::vector<Series>& workloads) {
    double sum = 0;
    for (const Series& series : workloads) {
      double moved = 0;
      for (std::size_t i = 1; i < series.size(); ++i) {
        moved += std::abs(series.values[i] - series.values[i - 1]);
      }
      sum += moved / mean_of(series);
    }
    return sum / static_cast<double>(workloads.size());
  };
  EXPECT_LT(roughness(sums.workloads), 0.8 * roughness(set.workloads));
}

TEST(Superposed, OneWorkloadOrSilenceHasNoSum) {
  Rng rng(1);
  EXPECT_TRUE(superposed({"one", 1, {constant(3, 10)}}, 5, rng).workloads.empty());
  EXPECT_TRUE(
      superposed({"silent", 1, {constant(3, 10), constant(0, 10)}}, 5, rng).workloads.empty());
}

TEST(Superposed, TheSameSeedGivesTheSame) {
  const TrainingSet set{"waves", 1, seasonal_workloads(10, 100, 3)};
  Rng one(9), two(9);
  const auto a = superposed(set, 5, one), b = superposed(set, 5, two);
  for (std::size_t k = 0; k < 5; ++k) EXPECT_EQ(a.workloads[k].values, b.workloads[k].values);
}

}  // namespace
}  // namespace starling
