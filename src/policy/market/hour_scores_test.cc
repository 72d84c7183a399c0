// Scores by the time of the hour: they come back an hour later, and only then.
#include "policy/market/hour_scores.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

using Scores = HourScores<2>;

TEST(HourScores, ComeBackAnHourLaterAndNotBetween) {
  Scores scores(10s);
  scores.add(100, 0, -2, 7);
  for (const int near : {457, 460, 463}) {
    EXPECT_EQ(scores.around(near, 0).times, 1) << near;
    EXPECT_EQ(scores.around(near, 0).log_likelihood, -2) << near;
    EXPECT_EQ(scores.around(near, 0).loss, 7) << near;
  }
  for (const int far : {90, 110, 280, 450, 470}) EXPECT_EQ(scores.around(far, 0).times, 0) << far;
  EXPECT_EQ(scores.around(460, 1).times, 0) << "another expert's";
}

TEST(HourScores, AnHourAgoCountsMoreThanTwo) {
  Scores scores(30s);  // one step in each bin
  scores.add(7, 0, -1, 10);
  scores.add(127, 0, -3, 0);
  EXPECT_NEAR(scores.around(247, 0).times, 1.8, 1e-12);
  EXPECT_NEAR(scores.around(247, 0).log_likelihood, -3 - 0.8, 1e-12);
  EXPECT_NEAR(scores.around(247, 0).loss, 8, 1e-12);
}

TEST(HourScores, AnHourNeedNotBeAWholeNumberOfSteps) {
  Scores scores(7s);  // 514.29 steps
  scores.add(0, 0, -1, 1);
  EXPECT_NEAR(scores.around(36'000, 0).times, 0.7, 1e-12) << "seventy hours later";
  EXPECT_EQ(scores.around(35'980, 0).times, 0) << "and 140 s before";
}

TEST(HourScores, StepsMayBeLongerThanAnHour) {
  Scores scores(7200s);
  scores.add(1, 0, -1, 1);
  EXPECT_GT(scores.around(2, 0).times, 0);
}

}  // namespace
}  // namespace starling
