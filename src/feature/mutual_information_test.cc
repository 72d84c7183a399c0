// Mutual information against its closed forms, and what holds for any two columns.
#include "feature/mutual_information.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/rng.h"

namespace starling {
namespace {

double information(const std::vector<double>& x, const std::vector<double>& y) {
  const int bins = bin_count(x.size());
  return mutual_information(equal_frequency_bins(x, bins), equal_frequency_bins(y, bins));
}

TEST(MutualInformation, OfNormalVariablesIsTheClosedForm) {
  for (const double rho : {0.0, 0.3, 0.6, -0.6, 0.9}) {
    Rng rng(7);
    std::vector<double> x, y;
    for (int i = 0; i < 40'000; ++i) {
      x.push_back(rng.normal());
      y.push_back(rho * x.back() + std::sqrt(1 - rho * rho) * rng.normal());
    }
    const double expected = -0.5 * std::log(1 - rho * rho);
    EXPECT_NEAR(information(x, y), expected, 0.01 + 0.04 * expected) << rho;
  }
}

TEST(MutualInformation, SeesWhatCorrelationCannot) {
  Rng rng(1);
  std::vector<double> x, square;
  for (int i = 0; i < 10'000; ++i) {
    x.push_back(rng.uniform(-1, 1));
    square.push_back(x.back() * x.back());
  }
  EXPECT_GT(information(x, square), 1);
}

TEST(MutualInformation, WithoutTheCorrectionIndependentColumnsWouldSeemRelated) {
  Rng rng(2);
  std::vector<double> x, y;
  for (int i = 0; i < 500; ++i) {
    x.push_back(rng.uniform());
    y.push_back(rng.uniform());
  }
  EXPECT_LT(information(x, y), 0.02);  // seven bins each: (7 − 1)²/2n = 0.036 by chance alone
}

TEST(MutualInformation, EqualValuesShareABinAndFrequentOnesHaveItToThemselves) {
  std::vector<double> mostly_zero(90, 0.0);
  for (int i = 1; i <= 10; ++i) mostly_zero.push_back(i);
  const BinnedColumn binned = equal_frequency_bins(mostly_zero, 10);
  EXPECT_EQ(binned.count, 10);
  EXPECT_EQ(std::count(binned.bins.begin(), binned.bins.end(), 0), 90);
}

TEST(MutualInformation, RowsWithAnUnknownValueTakeNoPart) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> x{1, 2, 1, 2, 1, 2, 1, 2}, y = x;
  const double known = information(x, y);
  EXPECT_GT(known, 0.5);
  x.insert(x.end(), {nan, nan, 1, 2});
  y.insert(y.end(), {1, 2, nan, nan});
  EXPECT_DOUBLE_EQ(information(x, y), known);
  EXPECT_EQ(information({nan, 1}, {1, nan}), 0);
}

RC_GTEST_PROP(MutualInformation, IsSymmetricAndKeepsUnderMonotoneMaps, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(1, 300);
  std::vector<double> x, y, cubed;
  for (std::size_t i = 0; i < size; ++i) {
    x.push_back(*rc::gen::inRange(-20, 20));
    y.push_back(x.back() + *rc::gen::inRange(0, 10));
    cubed.push_back(x.back() * x.back() * x.back());
  }
  RC_ASSERT(std::abs(information(x, y) - information(y, x)) < 1e-12);
  RC_ASSERT(information(x, y) == information(cubed, y));
  RC_ASSERT(information(x, y) >= 0);
}

}  // namespace
}  // namespace starling
