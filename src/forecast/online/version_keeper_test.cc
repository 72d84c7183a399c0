// The life of a version: schedule, gate, probation, going back, and what is kept.
#include "forecast/online/version_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace starling {
namespace {

using Kind = VersionChange::Kind;
using testing::ElementsAre;

const TimePoint kShipped = from_unix_seconds(1'700'000'000);
constexpr PairedLosses kNone{};
constexpr PairedLosses kGood{.points = 2000, .first = 800, .yardstick = 1000};
constexpr PairedLosses kBad{.points = 2000, .first = 900, .yardstick = 1000};

TEST(VersionKeeper, TrainsOnScheduleAndTakesOnWhatValidatedBetter) {
  VersionKeeper keeper("aaaa", {}, kShipped);
  EXPECT_FALSE(keeper.start_training(kShipped + 59min));
  ASSERT_TRUE(keeper.start_training(kShipped + 1h));
  EXPECT_FALSE(keeper.start_training(kShipped + 2h)) << "one at a time";
  const auto change = keeper.trained(kShipped + 61min, "bbbb", 0.2, 0.19, kGood);
  EXPECT_EQ(change.kind, Kind::kPromoted);
  EXPECT_EQ(keeper.serving(), "bbbb");
  EXPECT_TRUE(keeper.on_probation());
  EXPECT_FALSE(keeper.start_training(kShipped + 3h)) << "not during probation";
  EXPECT_FALSE(keeper.observe(kShipped + 4h, kGood));
  EXPECT_EQ(keeper.observe(kShipped + 61min + 3h, kGood)->kind, Kind::kConfirmed);
  EXPECT_TRUE(keeper.start_training(kShipped + 61min + 3h));
}

TEST(VersionKeeper, RefusesWhatGainsTooLittleOrIsNoNumberOrNothingNew) {
  VersionKeeper keeper("aaaa", {}, kShipped);
  TimePoint now = kShipped;
  for (const double loss : {0.199, 0.3, 0.0 / 0.0}) {
    ASSERT_TRUE(keeper.start_training(now += 1h));
    EXPECT_EQ(keeper.trained(now, "bbbb", 0.2, loss, kGood).kind, Kind::kRefused);
  }
  ASSERT_TRUE(keeper.start_training(now += 1h));
  EXPECT_EQ(keeper.trained(now, "aaaa", 0.2, 0.1, kGood).kind, Kind::kRefused);
  EXPECT_THAT(keeper.kept(), ElementsAre("aaaa"));
}

TEST(VersionKeeper, GoesBackWhenLiveForecastsAreWorseThanTheVersionsBefore) {
  VersionKeeper keeper("aaaa", {}, kShipped);
  ASSERT_TRUE(keeper.start_training(kShipped + 1h));
  keeper.trained(kShipped + 1h, "bbbb", 0.2, 0.1, kGood);
  PairedLosses few = kBad;
  few.points = 999;
  EXPECT_FALSE(keeper.observe(kShipped + 2h, few)) << "too few to tell";
  const auto change = keeper.observe(kShipped + 2h, kBad);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->kind, Kind::kRolledBack);
  EXPECT_EQ(change->version, "bbbb");
  EXPECT_EQ(keeper.serving(), "aaaa");
  EXPECT_FALSE(keeper.on_probation());
  EXPECT_FALSE(keeper.start_training(kShipped + 2h)) << "not at once";
  EXPECT_TRUE(keeper.start_training(kShipped + 3h));
}

TEST(VersionKeeper, WithoutARecordOfTheVersionBeforeItMustBeatSmoothing) {
  VersionKeeper keeper("aaaa", {}, kShipped);
  ASSERT_TRUE(keeper.start_training(kShipped + 1h));
  keeper.trained(kShipped + 1h, "bbbb", 0.2, 0.1, kNone);
  EXPECT_FALSE(keeper.observe(kShipped + 2h, kBad));
  EXPECT_EQ(keeper.observe(kShipped + 2h, {.points = 5000, .first = 1.1, .yardstick = 1})->kind,
            Kind::kRolledBack);
}

TEST(VersionKeeper, AFailedTrainingIsTriedAgainOneIntervalLaterAndZeroMeansNever) {
  VersionKeeper keeper("aaaa", {}, kShipped);
  ASSERT_TRUE(keeper.start_training(kShipped + 1h));
  EXPECT_EQ(keeper.training_failed(kShipped + 1h, "too few workloads").kind, Kind::kFailed);
  EXPECT_FALSE(keeper.start_training(kShipped + 119min));
  EXPECT_TRUE(keeper.start_training(kShipped + 2h));
  VersionKeeper never("aaaa", {}, kShipped, {.interval = 0s});
  EXPECT_FALSE(never.start_training(kShipped + 1000h));
}

RC_GTEST_PROP(VersionKeeper, AlwaysServesAKeptVersionAndKeepsFewWithoutRepeats, ()) {
  VersionKeeper keeper("v0", {"old", "v0", "older"}, kShipped);
  TimePoint now = kShipped;
  const int events = *rc::gen::inRange(1, 80);
  for (int i = 1; i <= events; ++i) {
    now += 1h;
    const std::string before = keeper.serving();
    if (keeper.start_training(now)) {
      const auto change = keeper.trained(now, "v" + std::to_string(*rc::gen::inRange(0, 12)), 1,
                                         *rc::gen::inRange(0, 20) / 10.0, kGood);
      RC_ASSERT((keeper.serving() != before) == (change.kind == Kind::kPromoted));
    } else {
      const auto change = keeper.observe(now, *rc::gen::arbitrary<bool>() ? kGood : kBad);
      const bool back = change && change->kind == Kind::kRolledBack;
      RC_ASSERT((keeper.serving() != before) == back);
    }
    auto kept = keeper.kept();
    RC_ASSERT(!kept.empty() && kept.size() <= 5U && kept.front() == keeper.serving());
    std::sort(kept.begin(), kept.end());
    RC_ASSERT(std::adjacent_find(kept.begin(), kept.end()) == kept.end());
  }
}

}  // namespace
}  // namespace starling
