// Steps of what arrives, and of what arrived before.
#include "policy/market/step_feed.h"

#include <gtest/gtest.h>

#include <numeric>

namespace starling {
namespace {

class Record final : public PastArrivals {
 public:
  explicit Record(Rates rates) : rates_(std::move(rates)) {}
  Rates rates(Duration, Duration) const override { return rates_; }

 private:
  Rates rates_;
};

Observation seen(double rate, Duration interval, const PastArrivals* past = nullptr) {
  Observation observation;
  observation.now = TimePoint{};
  observation.arrival_rate = rate;
  observation.interval = interval;
  observation.past = past;
  return observation;
}

/// All that next() gives after one observation.
std::vector<double> given(StepFeed& feed, const Observation& observation) {
  feed.observe(observation);
  std::vector<double> counts;
  while (const auto count = feed.next()) counts.push_back(*count);
  return counts;
}

TEST(StepFeed, StepsAreWholeBeforeTheyAreGiven) {
  StepFeed feed;
  RecentCounts counts;
  feed.begin(seen(0, 4s), 10s, counts);
  EXPECT_TRUE(given(feed, seen(5, 4s)).empty());
  EXPECT_TRUE(given(feed, seen(5, 4s)).empty());
  EXPECT_EQ(given(feed, seen(20, 4s)), std::vector<double>{100}) << "120 in twelve seconds";
  EXPECT_TRUE(given(feed, seen(10, 4s)).empty());
  EXPECT_EQ(given(feed, seen(10, 4s)), std::vector<double>{100}) << "of twelve two were left";
}

TEST(StepFeed, DecisionsThatDidNotComeAboutAreTimeAllTheSame) {
  StepFeed feed;
  RecentCounts counts;
  feed.begin(seen(0, 2s), 10s, counts);
  std::size_t steps = 0;
  TimePoint now{};
  // Two minutes of decisions, all a little early or late, but for those from 40 s to 71 s.
  for (int i = 0; i <= 60; ++i) {
    if (i > 20 && i < 36) continue;
    Observation observation = seen(3, 2s);
    observation.now = TimePoint{} + i * 2s + (i % 3) * 300ms;
    now = observation.now;
    EXPECT_FALSE(feed.lost(observation));
    for (const double count : given(feed, observation)) {
      EXPECT_DOUBLE_EQ(count, 30);
      ++steps;
    }
  }
  EXPECT_EQ(steps, 12U);
  Observation late = seen(3, 2s);
  late.now = now + 24h;
  EXPECT_TRUE(feed.lost(late));
  EXPECT_LT(given(feed, late).size(), 100U);
}

TEST(StepFeed, WhatIsRecordedComesFirstInPartsAndAllButItsLastHourAtOnce) {
  PastArrivals::Rates rates{10s, {}};
  for (int step = 0; step < 3 * 360; ++step) rates.per_s.push_back(step);
  const Record record(rates);
  StepFeed feed;
  RecentCounts counts;
  feed.begin(seen(0, 10s, &record), 10s, counts);
  EXPECT_EQ(counts.size(), 2 * 360U);
  EXPECT_NEAR(counts.window_root(1, 1), std::sqrt(7190), 1e-9);
  std::vector<double> all;
  int observations = 0;
  for (bool behind = true; behind; behind = feed.behind()) {
    const auto part = given(feed, seen(7, 10s, &record));
    EXPECT_LE(part.size(), 40U);
    all.insert(all.end(), part.begin(), part.end());
    ++observations;
  }
  ASSERT_EQ(all.size(), 360U + static_cast<std::size_t>(observations));
  EXPECT_EQ(all[0], 7200);
  EXPECT_EQ(all[359], 10790);
  EXPECT_EQ(all[360], 70) << "and what came since";
  EXPECT_EQ(given(feed, seen(8, 10s, &record)), std::vector<double>{80});
}

TEST(StepFeed, NothingFromBeforeAGapIsLearnedAgain) {
  PastArrivals::Rates rates{10s, std::vector<double>(2 * 360, 5), 2 * 360 - 30};
  const Record record(rates);
  StepFeed feed;
  RecentCounts counts;
  feed.begin(seen(0, 10s, &record), 10s, counts);
  EXPECT_EQ(counts.size(), 2 * 360U - 30);
  EXPECT_EQ(given(feed, seen(7, 10s, &record)).size(), 31U);
  feed.begin(seen(0, 10s, &record), 10s, counts, StepFeed::Record::kCountsAlone);
  EXPECT_EQ(counts.size(), 2 * 360U);
  EXPECT_FALSE(feed.behind());
}

TEST(StepFeed, ARecordInOtherStepsLosesNoRequest) {
  for (const Duration step : {Duration(1s), Duration(4s), Duration(7s), Duration(60s)}) {
    PastArrivals::Rates rates{4s, {}};
    for (int i = 0; i < 2100; ++i) rates.per_s.push_back(i % 5);
    const Record record(rates);
    StepFeed feed;
    RecentCounts counts;
    feed.begin(seen(0, step, &record), step, counts);
    double sum = 0;
    while (feed.behind()) {
      const auto part = given(feed, seen(0, step));
      sum += std::accumulate(part.begin(), part.end(), 0.0);
    }
    if (counts.size() > 0) {
      const double root = counts.window_root(counts.size(), counts.size());
      sum += root * root * static_cast<double>(counts.size());
    }
    // What is left of the beginning is no whole step.
    EXPECT_NEAR(sum, 2100 * 4 * 2, 4 * seconds(step)) << seconds(step);
  }
}

TEST(StepFeed, WithoutARecordCountsOfLikeStepsStay) {
  StepFeed feed;
  RecentCounts counts;
  feed.begin(seen(0, 10s), 10s, counts);
  counts.add(5);
  feed.begin(seen(0, 10s), 10s, counts);
  EXPECT_EQ(counts.size(), 1U);
  feed.begin(seen(0, 10s), 20s, counts);
  EXPECT_EQ(counts.size(), 0U);
}

}  // namespace
}  // namespace starling
