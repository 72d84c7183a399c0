// Metrics against hand-computed values and their defining properties.
#include "forecast/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace starling {
namespace {

TEST(Metrics, PinballWeighsTheTwoSidesByTheLevel) {
  EXPECT_DOUBLE_EQ(pinball_loss(10, 14, 0.9), 3.6);
  EXPECT_NEAR(pinball_loss(10, 6, 0.9), 0.4, 1e-12);
  EXPECT_DOUBLE_EQ(pinball_loss(10, 10, 0.9), 0);
}

TEST(Metrics, WqlOfAPointForecastIsItsRelativeAbsoluteError) {
  // A degenerate forecast misses by 2 from above and below: pinball at τ and 1 − τ adds up to
  // |miss|, so levels that are symmetric about the median give exactly Σ|miss| / Σ|actual|; 0.99
  // has no counterpart, and the pair of outcomes makes up for it.
  QuantileScore score;
  Quantiles tens;
  tens.fill(10);
  score.add(tens, 12);
  score.add(tens, 8);
  EXPECT_NEAR(score.wql(), 4.0 / 20, 1e-12);
  EXPECT_DOUBLE_EQ(score.coverage(0), 0.5);
}

TEST(Metrics, WqlWithoutDemandIsZeroOrInfinite) {
  QuantileScore right;
  right.add(Quantiles{}, 0);
  EXPECT_DOUBLE_EQ(right.wql(), 0);
  QuantileScore wrong;
  Quantiles ones;
  ones.fill(1);
  wrong.add(ones, 0);
  EXPECT_TRUE(std::isinf(wrong.wql()));
}

TEST(Metrics, TrueQuantilesCoverAndScoreBest) {
  Rng rng(1);
  QuantileScore truth;
  QuantileScore narrow;
  Quantiles exact;
  Quantiles halved;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    exact[i] = kQuantileLevels[i];  // of the uniform distribution
    halved[i] = 0.25 + kQuantileLevels[i] / 2;
  }
  for (int i = 0; i < 20'000; ++i) {
    const double actual = rng.uniform();
    truth.add(exact, actual);
    narrow.add(halved, actual);
  }
  for (std::size_t i = 0; i < exact.size(); ++i) {
    EXPECT_NEAR(truth.coverage(i), kQuantileLevels[i], 0.02);
  }
  EXPECT_LT(truth.wql(), narrow.wql());
}

TEST(CoveredBy, TiesAreSplitByTheMassThatTheForecastPutsOnThem) {
  Quantiles one_value;
  one_value.fill(7);
  for (std::size_t k = 0; k < one_value.size(); ++k)
    EXPECT_DOUBLE_EQ(covered_by(one_value, 7)[k], kQuantileLevels[k]);
  EXPECT_EQ(covered_by(one_value, 6)[0], 1);
  EXPECT_EQ(covered_by(one_value, 8).back(), 0);
  Quantiles mostly_zero{};  // six tenths of it at nothing
  for (std::size_t k = 7; k < mostly_zero.size(); ++k) mostly_zero[k] = static_cast<double>(k);
  EXPECT_DOUBLE_EQ(covered_by(mostly_zero, 0)[3], 0.5) << "0.3 of 0.6";
  EXPECT_EQ(covered_by(mostly_zero, 0)[9], 1);
  EXPECT_EQ(covered_by(mostly_zero, 8.5)[8], 0);
  EXPECT_EQ(covered_by(mostly_zero, 8.5)[9], 1);
}

TEST(CoveredBy, APoissonForecastThatIsRightCoversAsItSaysBetweenTheLevelsThatItHas) {
  const double mean = 2;
  std::array<double, 40> mass{};
  mass[0] = std::exp(-mean);
  for (std::size_t n = 1; n < mass.size(); ++n)
    mass[n] = mass[n - 1] * mean / static_cast<double>(n);
  Quantiles quantiles;
  for (std::size_t k = 0; k < quantiles.size(); ++k) {
    std::size_t n = 0;
    for (double below = mass[0]; below < kQuantileLevels[k]; below += mass[n]) ++n;
    quantiles[k] = static_cast<double>(n);
  }
  Coverage covered{};
  for (std::size_t n = 0; n < mass.size(); ++n) {
    const Coverage now = covered_by(quantiles, static_cast<double>(n));
    for (std::size_t k = 0; k < covered.size(); ++k) covered[k] += mass[n] * now[k];
  }
  for (std::size_t k = 1; k + 1 < covered.size(); ++k) {
    EXPECT_GT(covered[k], kQuantileLevels[k - 1]);
    EXPECT_LT(covered[k], kQuantileLevels[k + 1]);
  }
}

}  // namespace
}  // namespace starling
