// Calendar features: known moments, and periodicity as a property.
#include "feature/calendar.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numbers>

namespace starling {
namespace {

TEST(Calendar, MondayMidnightIsTheOriginOfEveryPeriod) {
  const TimePoint monday = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  EXPECT_EQ(calendar_features(monday), (std::vector<double>{0, 1, 0, 1, 0, 1}));
}

TEST(Calendar, NoonIsHalfADayAwayFromMidnight) {
  const TimePoint noon = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1} + 12h;
  EXPECT_NEAR(calendar_features(noon)[3], -1, 1e-12);
}

TEST(Calendar, EveryFeatureHasAName) {
  EXPECT_EQ(calendar_feature_names(),
            (std::vector<std::string>{"hour_sin_1", "hour_cos_1", "day_sin_1", "day_cos_1",
                                      "week_sin_1", "week_cos_1"}));
  EXPECT_EQ(calendar_feature_names(3).size(), calendar_features(TimePoint{}, 3).size());
}

RC_GTEST_PROP(Calendar, AWeekLaterIsTheSame, ()) {
  const TimePoint t = from_unix_seconds(*rc::gen::inRange(-2'000'000'000, 2'000'000'000));
  RC_ASSERT(calendar_features(t, 3) == calendar_features(t + 7 * 24h, 3));
}

RC_GTEST_PROP(Calendar, PhasesOfTheDayAreRecovered, ()) {
  const int second = *rc::gen::inRange(0, 86'400);
  const auto features = calendar_features(from_unix_seconds(second));
  double angle = std::atan2(features[2], features[3]);
  if (angle < -1e-9) angle += 2 * std::numbers::pi;
  RC_ASSERT(std::abs(angle / (2 * std::numbers::pi) * 86'400 - second) < 1e-3);
}

}  // namespace
}  // namespace starling
