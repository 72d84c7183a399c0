// Local times on ordinary days, on the day of 23 hours and on the day of 25.
#include "trace/clean_zone.h"

#include <gmock/gmock.h>

#include "trace/clean.h"

namespace starling {
namespace {

using std::chrono::sys_days;
using testing::ElementsAre;
using testing::HasSubstr;

// Berlin's clocks went from 02:00 to 03:00 on 31 March 2024 and from 03:00 back to 02:00 on
// 27 October 2024, both at 01:00 UTC.
constexpr TimePoint kSpringDay{sys_days{std::chrono::March / 31 / 2024}};
constexpr TimePoint kAutumnDay{sys_days{std::chrono::October / 27 / 2024}};

std::vector<ZoneOffset> berlin() {
  const auto offsets = zone_offsets("Europe/Berlin", kSpringDay - 24h * 60, kAutumnDay + 24h * 60);
  EXPECT_TRUE(offsets) << offsets.error().message;
  return *offsets;
}

/// Rows at these local times after midnight of a day.
Samples at(TimePoint day, const std::vector<Duration>& local) {
  Samples samples{.workload = "w", .times_us = {}, .values = {}};
  for (const Duration time : local) {
    samples.times_us.push_back((day + time).time_since_epoch().count());
    samples.values.push_back(1);
  }
  return samples;
}

std::vector<Duration> since(TimePoint day, const Samples& samples) {
  std::vector<Duration> times;
  for (const std::int64_t us : samples.times_us) {
    times.push_back(TimePoint{Duration{us}} - day);
  }
  return times;
}

TEST(ZoneOffsets, AreThePublishedOnes) {
  const auto offsets = berlin();
  ASSERT_EQ(offsets.size(), 3u);
  EXPECT_EQ(offsets[0].offset, Duration{1h});
  EXPECT_EQ(offsets[1].since, kSpringDay + 1h);
  EXPECT_EQ(offsets[1].offset, Duration{2h});
  EXPECT_EQ(offsets[2].since, kAutumnDay + 1h);
  EXPECT_EQ(offsets[2].offset, Duration{1h});
}

TEST(ZoneOffsets, ZonesOfHalfHours) {
  const auto kolkata = zone_offsets("Asia/Kolkata", kSpringDay, kAutumnDay);
  ASSERT_TRUE(kolkata) << kolkata.error().message;
  ASSERT_EQ(kolkata->size(), 1u);
  EXPECT_EQ(kolkata->front().offset, Duration{5h + 30min});
  // Lord Howe's clocks change by half an hour, at 15:00 and 15:30 UTC.
  const auto lord_howe = zone_offsets("Australia/Lord_Howe", kSpringDay, kAutumnDay);
  ASSERT_TRUE(lord_howe) << lord_howe.error().message;
  ASSERT_EQ(lord_howe->size(), 3u);
  EXPECT_EQ((*lord_howe)[1].since, TimePoint{sys_days{std::chrono::April / 6 / 2024}} + 15h);
  EXPECT_EQ((*lord_howe)[2].since,
            TimePoint{sys_days{std::chrono::October / 5 / 2024}} + 15h + 30min);
}

TEST(ZoneOffsets, UnknownNamesAndFarYears) {
  const auto unknown = zone_offsets("Europe/Berlim", kSpringDay, kAutumnDay);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("did you mean 'Europe/Berlin'?"));
  const auto far =
      zone_offsets("Europe/Berlin", TimePoint{sys_days{std::chrono::year{9999} / 1 / 1}},
                   TimePoint{sys_days{std::chrono::year{9999} / 2 / 1}});
  ASSERT_TRUE(far) << far.error().message;
  EXPECT_FALSE(far->empty());
}

TEST(LocalToUtc, TheSkippedHourIsReadByTheOffsetBeforeIt) {
  Samples samples = at(kSpringDay, {1h + 30min, 2h + 30min, 3h, 3h + 30min});
  const LocalTimes result = local_to_utc(samples, berlin());
  EXPECT_THAT(since(kSpringDay, samples),
              ElementsAre(Duration{30min}, Duration{90min}, Duration{1h}, Duration{90min}));
  EXPECT_EQ(result.skipped.points, 1);
  EXPECT_THAT(result.skipped.examples, ElementsAre("2024-03-31T02:30:00 is 2024-03-31T01:30:00Z"));
  EXPECT_EQ(result.repeated.points + result.assumed.points, 0);
}

TEST(LocalToUtc, TheOrderOfRowsTellsTheRepeatedHoursApart) {
  Samples samples = at(kAutumnDay, {1h + 30min, 2h, 2h + 30min, 2h, 2h + 30min, 3h});
  const LocalTimes result = local_to_utc(samples, berlin());
  EXPECT_THAT(since(kAutumnDay, samples),
              ElementsAre(Duration{-30min}, Duration{0}, Duration{30min}, Duration{1h},
                          Duration{90min}, Duration{2h}));
  EXPECT_EQ(result.repeated.points, 4);
  EXPECT_EQ(result.assumed.points, 0);
}

TEST(LocalToUtc, HourlyRowsRepeatWithoutFalling) {
  Samples samples = at(kAutumnDay, {1h, 2h, 2h, 3h});
  EXPECT_EQ(local_to_utc(samples, berlin()).repeated.points, 2);
  EXPECT_THAT(since(kAutumnDay, samples),
              ElementsAre(Duration{-1h}, Duration{0}, Duration{1h}, Duration{2h}));
}

TEST(LocalToUtc, ASinglePassIsTakenAsTheFirstAndSaidSo) {
  Samples samples = at(kAutumnDay, {2h, 2h + 20min, 2h + 19min, 2h + 40min});
  const LocalTimes result = local_to_utc(samples, berlin());
  EXPECT_EQ(result.assumed.points, 4);
  EXPECT_EQ(result.repeated.points, 0);
  EXPECT_THAT(since(kAutumnDay, samples),
              ElementsAre(Duration{0}, Duration{20min}, Duration{19min}, Duration{40min}));
}

/// A local day of rows each half hour, as a wall clock would have written them.
CleanTrace clean_local_day(TimePoint day, const std::vector<Duration>& local) {
  RawTrace trace;
  trace.has_calendar = true;
  trace.workloads.push_back(at(day, local));
  auto result = clean(std::move(trace), {.time_zone = "Europe/Berlin"});
  EXPECT_TRUE(result) << result.error().message;
  return std::move(*result);
}

TEST(CleanLocalTimes, DaysOf23And25HoursHaveNoGapAndNoDuplicate) {
  std::vector<Duration> spring;
  std::vector<Duration> autumn;
  for (Duration time{0}; time < 24h; time += 30min) {
    if (time < 2h || time >= 3h) spring.push_back(time);
    autumn.push_back(time);
    if (time == 2h + 30min) autumn.insert(autumn.end(), {Duration{2h}, Duration{2h + 30min}});
  }
  const CleanTrace short_day = clean_local_day(kSpringDay, spring);
  EXPECT_EQ(short_day.series[0].size(), 23u * 2);
  const CleanTrace long_day = clean_local_day(kAutumnDay, autumn);
  EXPECT_EQ(long_day.series[0].size(), 25u * 2);
  for (const CleanTrace* day : {&short_day, &long_day}) {
    EXPECT_EQ(day->report.missing, 0);
    EXPECT_EQ(day->report.step("duplicate times").points, 0);
    EXPECT_EQ(day->report.step("gaps").points, 0);
  }
}

TEST(CleanLocalTimes, TimesFromAStartHaveNoZone) {
  RawTrace trace;
  trace.workloads.push_back(at(TimePoint{}, {0min, 1min, 2min}));
  const auto result = clean(std::move(trace), {.time_zone = "Europe/Berlin"});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("from the start of the trace"));
}

}  // namespace
}  // namespace starling
