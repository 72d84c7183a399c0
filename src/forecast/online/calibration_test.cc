// Long-run coverage whatever comes, and what a calibrated forecast must stay: ordered, not
// negative.
#include "forecast/online/calibration.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "forecast/online/quantiles_for_tests.h"

namespace starling {
namespace {

using testing_quantiles::normal;

constexpr std::size_t kLevels = kQuantileLevels.size();

/// Quantiles that do not cross, within [0, width].
Quantiles drawn_quantiles(double width) {
  Quantiles quantiles;
  for (double& q : quantiles) q = width * *rc::gen::inRange(0, 1001) / 1000.0;
  std::sort(quantiles.begin(), quantiles.end());
  return quantiles;
}

RC_GTEST_PROP(QuantileCalibrator, CoverageIsWithinTheBoundForAnyBoundedOutcomes, ()) {
  const double rate = *rc::gen::inRange(1, 40) / 100.0;
  const bool moving = *rc::gen::arbitrary<bool>();  // the forecaster changes its mind, too
  const int period = *rc::gen::inRange(1, 40);
  const int rounds = *rc::gen::inRange(100, 2000);
  Quantiles base = drawn_quantiles(1);
  const Quantiles other = drawn_quantiles(1);
  QuantileCalibrator calibrator(rate);
  Rng rng(static_cast<std::uint64_t>(*rc::gen::inRange(0, 1'000'000)));
  Coverage covered{};
  for (int t = 0; t < rounds; ++t) {
    const bool second = (t / period) % 2 == 1;
    const Quantiles issued = calibrator.calibrated(moving && second ? other : base, 1);
    // Sometimes just out of the forecaster's reach.
    const double actual = second ? rng.uniform(0.7, 1.0) : rng.uniform(0.1, 1.0);
    const Coverage now = covered_by(issued, actual);
    for (std::size_t k = 0; k < kLevels; ++k) covered[k] += now[k];
    calibrator.update(issued, actual);
  }
  const double bound = calibrator.coverage_error_bound(rounds, 1);
  for (std::size_t k = kCalibratedFrom; k < kLevels; ++k) {
    RC_ASSERT(std::abs(covered[k] / rounds - kQuantileLevels[k]) <= bound);
  }
}

RC_GTEST_PROP(QuantileCalibrator, WhatItIssuesNeverCrossesNorIsNegative, ()) {
  QuantileCalibrator calibrator(0.2);
  const int rounds = *rc::gen::inRange(1, 60);
  for (int t = 0; t < rounds; ++t) {
    const double width = *rc::gen::inRange(0, 3) * 10.0;
    const Quantiles issued = calibrator.calibrated(drawn_quantiles(width), 1 + width);
    RC_ASSERT(issued.front() >= 0);
    RC_ASSERT(std::is_sorted(issued.begin(), issued.end()));
    calibrator.update(issued, *rc::gen::inRange(0, 100));
  }
}

TEST(QuantileCalibrator, AForecasterThatIsSureOfTooMuchComesToCoverWhatItSays) {
  // It says a normal distribution of a third of the width that comes.
  const Quantiles narrow = normal(10, 1 / 3.0);
  QuantileCalibrator calibrator(0.02);
  CoverageMeter before, after;
  Rng rng(4);
  for (int t = 0; t < 6000; ++t) {
    const double actual = 10 + rng.normal();
    const Quantiles issued = calibrator.calibrated(narrow, 0.33);
    if (t >= 1000) {
      before.add(actual <= narrow[9] ? 1 : 0);
      after.add(actual <= issued[9] ? 1 : 0);
    }
    calibrator.update(issued, actual);
  }
  EXPECT_LT(before.so_far().share, 0.75);
  EXPECT_NEAR(after.so_far().share, 0.9, 0.01);
}

TEST(PooledCalibrator, LearnsFromManyModelsAtOnceWhatNoneOfThemCouldTell) {
  // Each of 200 models has 100 outcomes, forecast by a normal distribution of half the width.
  const Quantiles narrow = normal(10, 0.5);
  PooledCalibrator pool;
  CoverageMeter first, last;
  Rng rng(4);
  for (int round = 0; round < 100; ++round) {
    for (int model = 0; model < 200; ++model) {
      const double actual = 10 + rng.normal();
      const Quantiles issued = pool.calibrated(narrow, 0.5, 0);
      (round < 5 ? first : last).add(actual <= issued[9] ? 1 : 0);
      pool.add(issued, actual, 0);
    }
    pool.end_round();
  }
  EXPECT_LT(first.so_far().share, 0.8);
  EXPECT_NEAR(last.so_far().recent_share, 0.9, 0.03);
  EXPECT_EQ(pool.calibrated(narrow, 0.5, 0)[5], narrow[5]);  // the median is the forecaster's own
}

TEST(PooledCalibrator, WhatIsTooSureFarAheadAloneIsWidenedThereAlone) {
  // Of a normal distribution: right for the next step, of half its width twelve steps ahead.
  const Quantiles right = normal(10, 1);
  const Quantiles narrow = normal(10, 0.5);
  PooledCalibrator pool;
  CoverageMeter near, far;
  Rng rng(4);
  for (int round = 0; round < 200; ++round) {
    for (int model = 0; model < 50; ++model) {
      const auto tell = [&](const Quantiles& said, double width, int ahead, CoverageMeter& meter) {
        const double actual = 10 + rng.normal();
        const Quantiles issued = pool.calibrated(said, width, ahead);
        if (round >= 100) meter.add(actual <= issued[9] ? 1 : 0);
        pool.add(issued, actual, ahead);
      };
      tell(right, 1, 0, near);
      tell(narrow, 0.5, 11, far);
    }
    pool.end_round();
  }
  EXPECT_NEAR(near.so_far().share, 0.9, 0.015);
  EXPECT_NEAR(far.so_far().share, 0.9, 0.015);
  EXPECT_NEAR(pool.calibrated(right, 1, 1)[9], right[9], 0.15);
  for (const int middle : {2, 6}) EXPECT_EQ(pool.calibrated(right, 1, middle), right) << middle;
  for (const int also_far : {7, 14}) {
    EXPECT_EQ(pool.calibrated(narrow, 0.5, also_far), pool.calibrated(narrow, 0.5, 11));
  }
  EXPECT_GT(pool.calibrated(narrow, 0.5, 7)[9], narrow[9] + 0.5);
}

TEST(CoverageMeter, TellsTheNewestApartFromAll) {
  CoverageMeter meter;
  EXPECT_EQ(meter.so_far().outcomes, 0);
  for (int t = 0; t < 1500; ++t) meter.add(t >= 1000 ? 1 : 0);
  const CoverageSoFar so_far = meter.so_far();
  EXPECT_EQ(so_far.outcomes, 1500);
  EXPECT_NEAR(so_far.share, 1.0 / 3, 1e-12);
  EXPECT_EQ(so_far.recent_outcomes, 500);
  EXPECT_DOUBLE_EQ(so_far.recent_share, 1);
}

}  // namespace
}  // namespace starling
