// Change points: found where they are, not found where none are, and no better segmentation exists.
#include "trace/change_points.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "base/rng.h"

namespace starling {
namespace {

std::vector<double> noise(std::size_t length, std::uint64_t seed, double phi = 0) {
  Rng rng(seed);
  std::vector<double> values;
  double state = 0;
  for (std::size_t i = 0; i < length; ++i) {
    state = phi * state + rng.normal();
    values.push_back(state);
  }
  return values;
}

TEST(ChangePoints, AStepIsFoundAtItsPlace) {
  std::vector<double> values = noise(600, 1);
  for (std::size_t i = 400; i < 600; ++i) values[i] += 5;
  const auto changes = change_points(values);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_NEAR(static_cast<double>(changes[0].index), 400, 1);
  EXPECT_NEAR(changes[0].before, 0, 0.2);
  EXPECT_NEAR(changes[0].after, 5, 0.2);
}

TEST(ChangePoints, AStepWithoutNoiseIsFoundExactly) {
  std::vector<double> values(100, 1.0);
  for (std::size_t i = 60; i < 100; ++i) values[i] = 2;
  const auto changes = change_points(values);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].index, 60u);
}

TEST(ChangePoints, NoiseHasNone) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_TRUE(change_points(noise(1000, seed)).empty()) << "seed " << seed;
  }
}

TEST(ChangePoints, ASlowlyWanderingLevelIsNoChange) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    found += static_cast<int>(change_points(noise(1000, seed, 0.7)).size());
  }
  EXPECT_LE(found, 2);
}

TEST(ChangePoints, ChangesOfVarianceAreFoundOnDemand) {
  std::vector<double> values = noise(800, 2);
  for (std::size_t i = 300; i < 800; ++i) values[i] *= 4;
  EXPECT_TRUE(change_points(values).empty());
  const auto changes = change_points(values, {.in = ChangeIn::kMeanAndVariance});
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_NEAR(static_cast<double>(changes[0].index), 300, 15);
}

TEST(ChangePoints, MissingValuesAreLeftOutAndPlacesAreThoseOfTheSeries) {
  std::vector<double> values = noise(900, 3);
  for (std::size_t i = 500; i < 900; ++i) values[i] += 6;
  for (std::size_t i = 100; i < 300; ++i) values[i] = std::numeric_limits<double>::quiet_NaN();
  const auto changes = change_points(values);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_NEAR(static_cast<double>(changes[0].index), 500, 1);
}

TEST(ChangePoints, LongSeriesAreAveragedToTheBoundFirst) {
  std::vector<double> values = noise(100'000, 4);
  for (std::size_t i = 70'000; i < values.size(); ++i) values[i] += 1;
  const auto changes = change_points(values);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_NEAR(static_cast<double>(changes[0].index), 70'000, 100);
}

TEST(ChangePoints, TooFewValuesHaveNone) {
  EXPECT_TRUE(change_points(std::vector<double>{}).empty());
  EXPECT_TRUE(change_points(std::vector<double>{1, 9}).empty());
  EXPECT_TRUE(change_points(std::vector<double>(50, 3.0)).empty());
}

/// Sum over segments of squares about their means, and the penalty for each change.
double cost_of(const std::vector<double>& values, const std::vector<std::size_t>& bounds,
               double penalty) {
  double total = -penalty;
  for (std::size_t b = 0; b + 1 < bounds.size(); ++b) {
    const auto length = static_cast<double>(bounds[b + 1] - bounds[b]);
    double sum = 0;
    double squares = 0;
    for (std::size_t i = bounds[b]; i < bounds[b + 1]; ++i) {
      sum += values[i];
      squares += values[i] * values[i];
    }
    total += squares - sum * sum / length + penalty;
  }
  return total;
}

/// The least cost of all segmentations, by trying each.
double least_cost(const std::vector<double>& values, std::vector<std::size_t> bounds,
                  std::size_t segment_min, double penalty) {
  std::vector<std::size_t> whole = bounds;
  whole.push_back(values.size());
  double best = cost_of(values, whole, penalty);
  for (std::size_t next = bounds.back() + segment_min; next + segment_min <= values.size();
       ++next) {
    std::vector<std::size_t> longer = bounds;
    longer.push_back(next);
    best = std::min(best, least_cost(values, longer, segment_min, penalty));
  }
  return best;
}

RC_GTEST_PROP(ChangePoints, NoSegmentationIsCheaper, ()) {
  const auto raw = *rc::gen::container<std::vector<int>>(12, rc::gen::inRange(0, 6));
  const std::vector<double> values(raw.begin(), raw.end());
  const std::size_t segment_min = *rc::gen::inRange<std::size_t>(1, 4);
  const double penalty = *rc::gen::element(0.5, 2.0, 8.0, 30.0);
  const auto changes =
      change_points(values, {.penalty = penalty, .segment_min = segment_min, .noise_variance = 1});
  std::vector<std::size_t> bounds{0};
  for (const Change& change : changes) bounds.push_back(change.index);
  bounds.push_back(values.size());
  RC_ASSERT(cost_of(values, bounds, penalty) <=
            least_cost(values, {0}, segment_min, penalty) + 1e-9);
}

}  // namespace
}  // namespace starling
