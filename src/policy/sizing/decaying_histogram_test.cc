#include "policy/sizing/decaying_histogram.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "policy/sizing/moments_for_tests.h"

namespace starling {
namespace {

constexpr HistogramShape kShape{0.001, 1.05, 1000};
constexpr Duration kDay = std::chrono::hours(24);

using testing_moments::at;

TEST(DecayingHistogram, ASamplesWeightHalvesWithEveryHalfLife) {
  DecayingHistogram h(kShape, kDay);
  h.add(1, 8, at(0s));
  EXPECT_DOUBLE_EQ(h.weight(at(0s)), 8);
  EXPECT_DOUBLE_EQ(h.weight(at(kDay)), 4);
  EXPECT_DOUBLE_EQ(h.weight(at(3 * kDay)), 1);
  h.add(1, 1, at(3 * kDay));
  EXPECT_DOUBLE_EQ(h.weight(at(3 * kDay)), 2);
}

TEST(DecayingHistogram, WhatIsUsedNowOutweighsWhatWasUsedBefore) {
  DecayingHistogram h(kShape, kDay);
  for (int i = 0; i < 100; ++i) h.add(2, 1, at(0s));
  for (int i = 0; i < 30; ++i) h.add(0.5, 1, at(0s));
  EXPECT_GE(h.quantile(0.5), 2);
  for (int i = 0; i < 30; ++i) h.add(0.5, 1, at(2 * kDay));  // against a quarter of the 100
  EXPECT_LT(h.quantile(0.5), 0.6);
}

TEST(DecayingHistogram, TheP95OfAKnownDistributionIsWithinABucket) {
  DecayingHistogram h(kShape, kDay);
  for (int i = 1; i <= 1000; ++i) h.add(i / 1000.0, 1, at(std::chrono::seconds(i)));
  EXPECT_GE(h.quantile(0.95), 0.95);
  EXPECT_LE(h.quantile(0.95), 0.95 * 1.05 + 0.001);
}

TEST(DecayingHistogram, ExtremesAreTakenAndWhatIsNoNumberIsRefused) {
  DecayingHistogram h(kShape, kDay);
  EXPECT_TRUE(h.empty());
  EXPECT_EQ(h.quantile(0.95), 0);
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(h.add(kNan, 1, at(0s)));
  EXPECT_FALSE(h.add(-1, 1, at(0s)));
  EXPECT_FALSE(h.add(1, kNan, at(0s)));
  EXPECT_FALSE(h.add(1, kInfinity, at(0s)));
  EXPECT_TRUE(h.empty());
  EXPECT_TRUE(h.add(0, 1, at(0s)));
  EXPECT_EQ(h.quantile(0.95), 0);
  EXPECT_TRUE(h.add(kInfinity, 100, at(0s)));
  EXPECT_GE(h.quantile(0.95), 1000);
  EXPECT_LE(h.quantile(0.95), 1050.1);
}

TEST(DecayingHistogram, YearsBetweenSamplesDoNoHarm) {
  DecayingHistogram h(kShape, kDay);
  constexpr Duration kYear = std::chrono::hours(24 * 365);
  h.add(5, 1e6, at(0s));
  h.add(1, 1, at(3 * kYear));
  EXPECT_LT(h.quantile(0.95), 1.06);
  h.add(7, 1, at(0s));  // late by years: it weighs nothing
  EXPECT_LT(h.quantile(1), 7.4);
  EXPECT_NEAR(h.weight(at(3 * kYear)), 1, 1e-9);
}

RC_GTEST_PROP(DecayingHistogram, AQuantileIsNeverBelowTheSamplesAndWithinABucketAbove, ()) {
  DecayingHistogram h(kShape, kDay);
  std::vector<double> values;
  const int n = *rc::gen::inRange(1, 200);
  for (int i = 0; i < n; ++i) {
    values.push_back(*rc::gen::inRange(0, 4'000'000) / 1e6 * *rc::gen::inRange(0, 100));
    RC_ASSERT(h.add(values.back(), 1, at(0s)));
  }
  std::sort(values.begin(), values.end());
  const double q = *rc::gen::inRange(1, 101) / 100.0;
  const auto rank = static_cast<std::size_t>(std::ceil(q * n - 1e-9)) - 1;
  const double exact = values[rank];
  RC_ASSERT(h.quantile(q) >= exact * (1 - 1e-9));
  RC_ASSERT(h.quantile(q) <= exact * 1.05 + 0.0011);
}

RC_GTEST_PROP(DecayingHistogram, QuantilesGrowWithTheShareAndWithEveryValue, ()) {
  DecayingHistogram lower(kShape, kDay);
  DecayingHistogram higher(kShape, kDay);
  const int n = *rc::gen::inRange(1, 100);
  for (int i = 0; i < n; ++i) {
    const double value = *rc::gen::inRange(0, 1'000'000) / 1e4;
    const TimePoint time = at(std::chrono::hours(*rc::gen::inRange(0, 500)));
    lower.add(value, 1, time);
    higher.add(value * (1 + *rc::gen::inRange(0, 100) / 100.0), 1, time);
  }
  double before = 0;
  for (double q = 0; q <= 1; q += 0.05) {
    RC_ASSERT(lower.quantile(q) >= before);
    before = lower.quantile(q);
    RC_ASSERT(higher.quantile(q) >= before);
  }
}

}  // namespace
}  // namespace starling
