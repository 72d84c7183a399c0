// A model's past that another node knows: what of it is taken over.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "control/demand.h"
#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

/// So many requests in each second from `begin` to `end`.
void see(Demand& demand, Duration begin, Duration end, std::uint64_t count) {
  for (Duration t = begin; t < end; t += 1s) demand.add(at(t), arrivals(count));
}

void expect_same(const Series& a, const Series& b) {
  EXPECT_EQ(a.start, b.start);
  EXPECT_EQ(a.present, b.present);
  EXPECT_EQ(a.values, b.values);
}

TEST(DemandHandover, WhoTakesAPastOverForecastsFromTheSameSeries) {
  Demand old;
  see(old, 0s, 3h, 5);
  see(old, 3h, 3h + 10min, 20);
  see(old, 3h + 11min, 3h + 12min, 7);
  Demand fresh;
  fresh.take_over(old.past());
  for (const Duration step : {Duration{2s}, Duration{10s}, Duration{1min}, Duration{10min}}) {
    SCOPED_TRACE(seconds(step));
    expect_same(fresh.series(at(3h + 12min), step), old.series(at(3h + 12min), step));
  }
}

TEST(DemandHandover, WhatWasSeenHereStaysAndTheRestIsFilledIn) {
  Demand old;
  see(old, 0s, 100s, 5);
  Demand here;
  see(here, 95s, 110s, 9);
  here.take_over(old.past());
  const Series series = here.series(at(110s), 1s);
  ASSERT_EQ(series.size(), 110u);
  EXPECT_EQ(series.values[94], 5);
  EXPECT_EQ(series.values[95], 9);
  EXPECT_EQ(series.values[109], 9);
  EXPECT_EQ(here.arrival_rate(at(110s), 60s), 9) << "load is what this node was told itself";
}

TEST(DemandHandover, OfMoreThanAnHourTheOlderPartIsKeptByMinutes) {
  Demand old;
  see(old, 0s, 1h, 5);
  Demand here;
  see(here, 2h, 2h + 30s, 9);
  here.take_over(old.past());
  const Series series = here.series(at(2h + 30s), 1min);
  ASSERT_GE(series.size(), 120u);
  EXPECT_EQ(series.values[10], 5);
  EXPECT_FALSE(series.present[80]);
}

RC_GTEST_PROP(DemandHandover, TakingOverTwiceOrNothingChangesNothing, ()) {
  Demand old, here;
  const auto offset = std::chrono::seconds(*rc::gen::inRange(0, 9000));
  const auto length = std::chrono::seconds(*rc::gen::inRange(0, 5000));
  see(old, 0s, std::chrono::seconds(*rc::gen::inRange(0, 5000)), 3);
  see(here, offset, offset + length, 8);
  here.take_over(old.past());
  const DemandPast once = here.past();
  here.take_over(old.past());
  here.take_over(DemandPast{});
  RC_ASSERT(here.past() == once);
  RC_ASSERT(once.seconds.size() <= static_cast<std::size_t>(Demand::kSecondsKept));
}

}  // namespace
}  // namespace starling
