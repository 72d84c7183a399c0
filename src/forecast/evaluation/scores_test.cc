// Scores against values worked out by hand, and the properties that make a comparison fair.
#include "forecast/evaluation/scores.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace starling {
namespace {

ForecastCase make_case(const std::string& dataset, const std::string& workload,
                       std::vector<double> history, std::vector<double> future) {
  ForecastCase one;
  one.id = dataset + workload;
  one.dataset = dataset;
  one.workload = workload;
  one.history.present.assign(history.size(), 1);
  one.history.values = std::move(history);
  one.future.present.assign(future.size(), 1);
  one.future.values = std::move(future);
  return one;
}

Quantiles all(double value) {
  Quantiles quantiles;
  quantiles.fill(value);
  return quantiles;
}

MethodForecasts points(const std::string& name, const std::vector<ForecastCase>& cases,
                       const std::vector<double>& values) {
  MethodForecasts made;
  made.name = name;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    made.steps.emplace_back(cases[i].future.size(), all(values[i]));
  }
  return made;
}

TEST(Scores, WqlOfAPointForecastIsTheRelativeAbsoluteErrorPooledOverCases) {
  // The nine levels lie evenly about the median: a point forecast's pinballs add up to its error.
  const std::vector<ForecastCase> cases{make_case("d", "a", {1, 3, 1}, {10, 0}),
                                        make_case("d", "b", {2, 2, 4}, {30, 20})};
  const auto comparison = compare(cases, {points("p", cases, {8, 30})}, 1);
  const DatasetFigures& figures = comparison.methods[0].datasets.at("d");
  EXPECT_NEAR(*figures.wql, (2.0 + 8.0 + 0.0 + 10.0) / 60, 1e-12);
  // In-sample naive errors: 2 and 1.
  EXPECT_NEAR(*figures.mase, (5.0 / 2 + 5.0 / 1) / 2, 1e-12);
}

TEST(Scores, MissingOutcomesDoNotCount) {
  std::vector<ForecastCase> cases{make_case("d", "a", {1, 2}, {10, 99})};
  cases[0].future.present[1] = 0;
  const auto comparison = compare(cases, {points("p", cases, {12})}, 1);
  EXPECT_NEAR(*comparison.methods[0].datasets.at("d").wql, 0.2, 1e-12);
}

TEST(Scores, TheScaleIsSeasonalWhereTwoSeasonsAreKnown) {
  ForecastCase one = make_case("d", "a", {0, 10, 1, 11, 3}, {0});
  EXPECT_DOUBLE_EQ(*mase_scale(one), (10 + 9 + 10 + 8) / 4.0);
  one.season = 2;
  EXPECT_DOUBLE_EQ(*mase_scale(one), (1 + 1 + 2) / 3.0);
  one.season = 3;
  EXPECT_DOUBLE_EQ(*mase_scale(one), (10 + 9 + 10 + 8) / 4.0) << "five points are not two seasons";
  EXPECT_FALSE(mase_scale(make_case("d", "a", {4, 4, 4}, {0})));
}

TEST(Scores, RelativeWqlIsTheGeometricMeanOverDatasets) {
  const std::vector<ForecastCase> cases{make_case("d", "a", {1, 2}, {10}),
                                        make_case("e", "b", {1, 2}, {10})};
  const auto comparison =
      compare(cases, {points("naive", cases, {12, 12}), points("p", cases, {11, 14})}, 1);
  const MethodFigures& p = comparison.methods[1];
  EXPECT_NEAR(*p.relative_wql, std::sqrt(0.5 * 2.0), 1e-12);
  EXPECT_NEAR(*p.relative_without.at("e"), 0.5, 1e-12);
  EXPECT_NEAR(p.relative_wql_ci->first, 1.0, 1e-12) << "one workload each: every draw is the same";
  EXPECT_DOUBLE_EQ(*comparison.methods[0].relative_wql, 1);
}

TEST(Scores, ADatasetWhereNaiveIsPerfectIsLeftOutAndNamed) {
  const std::vector<ForecastCase> cases{make_case("d", "a", {1, 2}, {10}),
                                        make_case("e", "b", {0, 0}, {0})};
  const auto comparison =
      compare(cases, {points("naive", cases, {12, 0}), points("p", cases, {11, 1})}, 1);
  EXPECT_EQ(comparison.left_out, std::vector<std::string>{"e"});
  EXPECT_NEAR(*comparison.methods[1].relative_wql, 0.5, 1e-12);
  EXPECT_FALSE(comparison.methods[1].datasets.at("e").wql) << "nothing to relate the error to";
}

TEST(Scores, TheIntervalHoldsTheEstimateAndIsTheSameEveryTime) {
  Rng rng(8);
  std::vector<ForecastCase> cases;
  std::vector<double> naive, better;
  for (int w = 0; w < 60; ++w) {
    const double level = rng.uniform(50, 100);
    cases.push_back(make_case("d", fmt::format("w{}", w), {1, 2}, {level}));
    naive.push_back(level + 10 * rng.normal());
    better.push_back(level + 5 * rng.normal());
  }
  const auto run = [&] {
    return compare(cases, {points("naive", cases, naive), points("p", cases, better)}, 5)
        .methods[1];
  };
  const MethodFigures once = run();
  EXPECT_LT(once.relative_wql_ci->first, *once.relative_wql);
  EXPECT_GT(once.relative_wql_ci->second, *once.relative_wql);
  EXPECT_LT(once.relative_wql_ci->second, 1) << "half the error shows in sixty workloads";
  EXPECT_EQ(once.relative_wql_ci, run().relative_wql_ci);
}

}  // namespace
}  // namespace starling
