// Who is adapted when: budgets, patience with refusals, drift first.
#include "forecast/online/adapt_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace starling {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const TimePoint kStart = from_unix_seconds(1'700'000'000);

TEST(AdaptSchedule, AModelIsDueOneIntervalAfterItWasSeen) {
  AdaptSchedule schedule({.interval = 60s});
  schedule.seen("a", kStart, 10);
  schedule.seen("a", kStart + 30s, 10);
  EXPECT_THAT(schedule.take(kStart + 59s, 100), IsEmpty());
  EXPECT_THAT(schedule.take(kStart + 60s, 100), ElementsAre("a"));
  EXPECT_THAT(schedule.take(kStart + 60s, 100), IsEmpty()) << "until it is done";
  schedule.done("a", true, kStart + 61s);
  EXPECT_THAT(schedule.take(kStart + 120s, 100), IsEmpty());
  EXPECT_THAT(schedule.take(kStart + 121s, 100), ElementsAre("a"));
}

TEST(AdaptSchedule, RefusalsDoubleTheWaitAndSuccessEndsIt) {
  AdaptSchedule schedule({.interval = 60s, .patience_max = 8});
  schedule.seen("a", kStart, 1);
  TimePoint now = kStart + 60s;
  for (const int intervals : {1, 2, 4, 8, 8}) {
    ASSERT_THAT(schedule.take(now, 1), ElementsAre("a"));
    schedule.done("a", false, now);
    ASSERT_THAT(schedule.take(now + intervals * 60s - 1us, 1), IsEmpty());
    now += intervals * 60s;
  }
  ASSERT_THAT(schedule.take(now, 1), ElementsAre("a"));
  schedule.done("a", true, now);
  EXPECT_THAT(schedule.take(now + 60s, 1), ElementsAre("a"));
}

TEST(AdaptSchedule, DriftGoesFirstAndAtOnce) {
  AdaptSchedule schedule({.interval = 60s});
  schedule.seen("a", kStart, 10);
  schedule.seen("b", kStart + 50s, 10);
  schedule.drifted("b", kStart + 60s);
  schedule.drifted("unknown", kStart + 60s);
  EXPECT_THAT(schedule.take(kStart + 60s, 20), ElementsAre("b", "a"));
}

RC_GTEST_PROP(AdaptSchedule, ATickNeverExceedsItsBudgetButForOneModelAndEveryOneHasItsTurn, ()) {
  AdaptSchedule schedule({.interval = 1s});
  const int models = *rc::gen::inRange(1, 20);
  const std::int64_t budget = *rc::gen::inRange(1, 100);
  std::map<std::string, std::int64_t> work;
  for (int m = 0; m < models; ++m) {
    const std::string name = "m" + std::to_string(m);
    work[name] = *rc::gen::inRange(0, 150);
    schedule.seen(name, kStart, work[name]);
  }
  std::map<std::string, int> turns;
  for (int tick = 1; tick <= models; ++tick) {
    const auto taken = schedule.take(kStart + 1s, budget);
    std::int64_t sum = 0;
    for (const auto& name : taken) sum += work[name];
    RC_ASSERT(taken.size() == 1 || sum <= budget);
    for (const auto& name : taken) {
      ++turns[name];
      schedule.done(name, true, kStart + 1s);
    }
  }
  RC_ASSERT(turns.size() == static_cast<std::size_t>(models));
}

}  // namespace
}  // namespace starling
