// One model's record: who is trusted after what came, coverage, drift, gaps and repeated moments.
#include "forecast/online/model_track.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "forecast/metrics.h"
#include "forecast/online/quantiles_for_tests.h"

namespace starling {
namespace {

constexpr int kHorizon = 6;

/// A workload that is seen to its end one point after the other.
struct Playback {
  std::vector<double> values;
  std::vector<std::uint8_t> present = std::vector<std::uint8_t>(values.size(), 1);
  Duration step = 10s;
  HistoryView until(std::size_t end) const {
    return {.values = std::span(values).first(end),
            .present = std::span(present).first(end),
            .start = from_unix_seconds(1'700'000'000),
            .step = step};
  }
};

Playback around(double level, double deviation, int points, std::uint64_t seed) {
  Rng rng(seed);
  Playback playback{.values = {}};
  for (int i = 0; i < points; ++i) {
    playback.values.push_back(std::max(0.0, level + deviation * rng.normal()));
  }
  playback.present.assign(playback.values.size(), 1);
  return playback;
}

/// A normal distribution, for each step.
std::vector<Quantiles> says(double level, double deviation) {
  return std::vector<Quantiles>(kHorizon, testing_quantiles::normal(level, deviation));
}

TEST(ModelTrack, TrustGoesToTheExpertThatWasRight) {
  const Playback playback = around(100, 10, 300, 1);
  ModelTrack track({0.98, 0.01, 0.01});
  const Spoken spoken{says(150, 10), says(100, 10), says(60, 10)};
  ModelTrack::Mixed mixed;
  for (std::size_t end = 60; end <= 300; ++end) {
    track.observe(playback.until(end));
    mixed = track.mix(playback.until(end), spoken);
    if (end == 60) {
      EXPECT_NEAR(mixed.shares[0], 0.98, 1e-9);
    }
  }
  EXPECT_GT(mixed.shares[1], 0.9);
  EXPECT_NEAR(mixed.steps[0][5], 100, 6);
}

TEST(ModelTrack, TheMixLosesHardlyMoreThanTheBestExpertHoweverTheyTakeTurns) {
  Playback playback = around(100, 8, 900, 2);
  for (std::size_t i = 300; i < 600; ++i) playback.values[i] += 80;
  ModelTrack track({0.5, 0.5}, {.drift = {.threshold = 1e9}});
  const Spoken spoken{says(100, 8), says(180, 8)};
  double mixed_loss = 0;
  std::array<double, 2> losses{};
  for (std::size_t end = 60; end < 900; ++end) {
    track.observe(playback.until(end));
    const auto mixed = track.mix(playback.until(end), spoken);
    const auto loss = [&](const Quantiles& quantiles) {
      QuantileScore score;
      score.add(quantiles, playback.values[end]);
      return score.mean_pinball();
    };
    mixed_loss += loss(mixed.steps[0]);
    for (std::size_t i = 0; i < 2; ++i) losses[i] += loss(spoken[i][0]);
  }
  EXPECT_LT(mixed_loss, 0.5 * std::min(losses[0], losses[1]));
}

TEST(ModelTrack, QuantilesThatAreTooNarrowComeToCoverAndItSaysSo) {
  const Playback playback = around(100, 10, 2500, 3);
  ModelTrack track({1});
  const Spoken spoken{says(100, 4)};
  for (std::size_t end = 60; end <= 2500; ++end) {
    track.observe(playback.until(end));
    track.mix(playback.until(end), spoken);
  }
  const CoverageSoFar coverage = track.coverage();
  EXPECT_GT(coverage.outcomes, 9500);
  EXPECT_EQ(coverage.recent_outcomes, 500);
  EXPECT_NEAR(coverage.recent_share, 0.9, 0.05);
}

TEST(ModelTrack, DriftIsSaidOnceAndTrustBeginsAnew) {
  Playback playback = around(100, 10, 800, 4);
  for (std::size_t i = 500; i < 800; ++i) playback.values[i] = playback.values[i] * 3 + 200;
  ModelTrack track({0.9, 0.1});
  const Spoken spoken{says(150, 10), says(100, 10)};
  int drifts = 0;
  std::size_t first = 0;
  for (std::size_t end = 60; end <= 800; ++end) {
    const bool drifted = track.observe(playback.until(end));
    const auto mixed = track.mix(playback.until(end), spoken);
    drifts += drifted;
    if (!drifted || first > 0) continue;
    first = end;
    EXPECT_NEAR(mixed.shares[0], 0.9, 1e-9);
    EXPECT_EQ(track.drift(), playback.until(end).start + static_cast<int>(end) * 10s);
  }
  EXPECT_GT(first, 500U);
  EXPECT_LT(first, 590U);
  EXPECT_EQ(drifts, 1);
}

TEST(ModelTrack, MissingPointsTeachNothingAndAnotherStepDropsWhatWaits) {
  Playback playback = around(100, 10, 200, 5);
  for (std::size_t i = 60; i < 120; ++i) playback.present[i] = 0;
  ModelTrack track({1});
  for (std::size_t end = 60; end <= 120; ++end) {
    track.observe(playback.until(end));
    track.mix(playback.until(end), {says(100, 10)});
  }
  EXPECT_EQ(track.coverage().outcomes, 0);
  playback.step = 20s;
  track.observe(playback.until(140));
  EXPECT_EQ(track.coverage().outcomes, 0);
}

TEST(ModelTrack, AMomentAskedAboutTwiceCountsOnce) {
  const Playback playback = around(100, 10, 100, 6);
  ModelTrack once({1}), twice({1});
  for (std::size_t end = 60; end <= 100; ++end) {
    for (int i = 0; i < 2; ++i) {
      twice.observe(playback.until(end));
      twice.mix(playback.until(end), {says(100, 10)});
    }
    once.observe(playback.until(end));
    once.mix(playback.until(end), {says(100, 10)});
  }
  EXPECT_EQ(once.coverage().outcomes, twice.coverage().outcomes);
  EXPECT_GT(once.coverage().outcomes, 100);
}

TEST(ModelTrack, AnExpertThatIsHardlyTrustedIsAskedEveryEighthTime) {
  const Playback playback = around(100, 10, 140, 8);
  ModelTrack track({0.99, 0.01});
  int asked = 0;
  for (std::size_t end = 60; end < 140; ++end) {
    track.observe(playback.until(end));
    const bool worth = track.worth_asking(1);
    asked += worth;
    EXPECT_TRUE(track.worth_asking(0));
    track.mix(playback.until(end),
              {says(100, 10), worth ? says(500, 10) : std::vector<Quantiles>{}});
  }
  EXPECT_EQ(asked, 10);
}

TEST(ModelTrack, PairedLossesCountOnlyWhereBothSpoke) {
  const Playback playback = around(100, 10, 90, 9);
  ModelTrack track({0.5, 0.5}, {.asked_share = 0, .yardstick = 1});
  for (std::size_t end = 60; end <= 90; ++end) {
    track.observe(playback.until(end));
    const bool both = end < 70;
    track.mix(playback.until(end),
              {says(100, 10), both ? says(130, 10) : std::vector<Quantiles>{}});
  }
  const PairedLosses losses = track.take_losses();
  EXPECT_EQ(losses.points, 10 * 4) << "1, 2 and 4 steps ahead, and the last";
  EXPECT_LT(losses.first, losses.yardstick);
  EXPECT_EQ(track.take_losses().points, 0);
}

}  // namespace
}  // namespace starling
