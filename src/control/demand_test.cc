// The record of one model's demand: seconds add up over gateways, and what is unknown is not zero.
#include "control/demand.h"

#include <gtest/gtest.h>

#include "control/values_for_tests.h"

namespace starling {
namespace {

using namespace testing_values;

/// `rate` arrivals in each second of [from, to).
void fill(Demand& demand, int from, int to, std::uint64_t rate) {
  for (int s = from; s < to; ++s) demand.add(at(std::chrono::seconds(s)), arrivals(rate));
}

TEST(Demand, TheRateIsTheMeanOfTheWholeSecondsBeforeNow) {
  Demand demand;
  demand.add(at(0s), arrivals(10));
  demand.add(at(1s), arrivals(20));
  demand.add(at(2s), arrivals(90));
  EXPECT_EQ(demand.arrival_rate(at(2500ms), 2s), 15) << "the running second does not count";
  EXPECT_EQ(demand.arrival_rate(at(3s), 1s), 90);
  EXPECT_EQ(demand.arrival_rate(at(3s), 60s), 40) << "seconds before the first are unknown";
}

TEST(Demand, AnUnknownSecondIsLeftOutNotCountedAsZero) {
  Demand demand;
  demand.add(at(0s), arrivals(10));
  demand.add(at(3s), arrivals(30));
  EXPECT_EQ(demand.arrival_rate(at(4s), 4s), 20);
  demand.add(at(2s), arrivals(0));  // a late report: a second known to be silent
  EXPECT_NEAR(demand.arrival_rate(at(4s), 4s), 40.0 / 3, 1e-9);
  const auto series = demand.series(at(4s), 1s);
  EXPECT_EQ(series.values, (std::vector<double>{10, 0, 0, 30}));
  EXPECT_EQ(series.present, (std::vector<std::uint8_t>{1, 0, 1, 1}));
}

TEST(Demand, AFirstReportThatIsAheadDoesNotSilenceTheOthers) {
  Demand demand;
  demand.add(at(25s), arrivals(1));
  fill(demand, 3, 6, 10);
  EXPECT_EQ(demand.arrival_rate(at(6s), 3s), 10);
  EXPECT_EQ(demand.arrivals_in(at(25s)), 1u);
  EXPECT_EQ(demand.arrivals_in(at(10s)), std::nullopt);
}

TEST(Demand, AbsurdServiceTimesLeadToNoAbsurdFigures) {
  const auto told = [](double sum, double squares) {
    Demand demand;
    TrafficSample sample = arrivals(5);
    sample.service_count = 5;
    sample.service_sum_s = sum;
    sample.service_square_sum = squares;
    demand.add(at(0s), sample);
    return demand.service_time({0.5, 1});
  };
  EXPECT_EQ(told(1e-200, 0).mean_s, 0.5) << "not to be told from nothing";
  EXPECT_LE(told(1e-3, 1e15).scv, 1e6);
  EXPECT_NEAR(told(5, 10).scv, 1, 1e-12);
}

TEST(Demand, WhatIsRememberedShowsInTheSeriesAlone) {
  Demand demand;
  demand.remember(at(0s), 10);
  demand.remember(at(1s), 20);
  demand.add(at(1s), arrivals(7));  // a report counts, not what was remembered of its second
  demand.add(at(3s), arrivals(30));
  demand.remember(at(3s), 99);
  const auto series = demand.series(at(4s), 1s);
  EXPECT_EQ(series.values, (std::vector<double>{10, 7, 0, 30}));
  EXPECT_EQ(series.present, (std::vector<std::uint8_t>{1, 1, 0, 1}));
  EXPECT_EQ(demand.arrival_rate(at(4s), 4s), 18.5);
  EXPECT_EQ(demand.arrivals_in(at(0s)), std::nullopt) << "it is in the history already";
}

TEST(Demand, ASecondsArrivalsAreToldWhereTheyAreKnown) {
  Demand demand;
  demand.add(at(0s), arrivals(10));
  demand.add(at(2s), arrivals(0));
  EXPECT_EQ(demand.arrivals_in(at(0s)), 10u);
  EXPECT_EQ(demand.arrivals_in(at(1s)), std::nullopt);
  EXPECT_EQ(demand.arrivals_in(at(2s)), 0u);
  EXPECT_EQ(demand.arrivals_in(at(3s)), std::nullopt);
}

TEST(Demand, NothingKnownGivesZeroes) {
  const Demand demand;
  EXPECT_EQ(demand.arrival_rate(at(0s), 5s), 0);
  EXPECT_EQ(demand.latency(at(0s), 60s).count(), 0u);
  EXPECT_TRUE(demand.series(at(0s), 1s).values.empty());
}

TEST(Demand, TwoGatewaysAddUp) {
  Demand demand;
  TrafficSample one = arrivals(6);
  one.completed = 5;
  one.failed = 1;
  one.rejected = 2;
  one.within_slo = 4;
  one.in_flight = 2;
  one.queued = 1;
  one.service_sum_s = 0.5;
  one.latency.add(0.1, 5);
  demand.add(at(0s), one);
  demand.add(at(0s), one);
  EXPECT_EQ(demand.arrival_rate(at(1s), 1s), 12);
  EXPECT_EQ(demand.in_flight(at(1s), 1s), 4);
  EXPECT_EQ(demand.queued(at(1s), 1s), 2);
  EXPECT_EQ(demand.busy(at(1s), 1s), 1.0);
  const auto counts = demand.counts(at(1s), 1s);
  EXPECT_EQ(counts.arrivals, 12u);
  EXPECT_EQ(counts.completed, 10u);
  EXPECT_EQ(counts.failed, 2u);
  EXPECT_EQ(counts.rejected, 4u);
  EXPECT_EQ(counts.judged(), counts.completed + 6);
  EXPECT_EQ(counts.within_slo, 8u);
  EXPECT_EQ(demand.latency(at(1s), 1s).count(), 10u);
}

TEST(Demand, ServiceTimeIsMeasuredOnceAHandfulWasServed) {
  Demand demand;
  const ServiceTime guess{0.05, 1};
  TrafficSample sample = arrivals(4);
  // Half take 0.1 s and half 0.3 s: mean 0.2, variance 0.01, squared coefficient of variation 0.25.
  sample.service_count = 4;
  sample.service_sum_s = 0.8;
  sample.service_square_sum = 2 * 0.01 + 2 * 0.09;
  demand.add(at(0s), sample);
  EXPECT_EQ(demand.service_time(guess).mean_s, guess.mean_s) << "four are too few";
  demand.add(at(1s), sample);
  EXPECT_NEAR(demand.service_time(guess).mean_s, 0.2, 1e-12);
  EXPECT_NEAR(demand.service_time(guess).scv, 0.25, 1e-12);
}

TEST(Demand, ASeriesBeginsAndEndsOnWholeSteps) {
  Demand demand;
  fill(demand, 3, 27, 4);  // 1,700,000,000 is a multiple of ten
  const auto series = demand.series(at(27500ms), 10s);
  EXPECT_EQ(series.start, at(10s));
  EXPECT_EQ(series.step, 10s);
  EXPECT_EQ(series.values, std::vector<double>{4}) << "[10, 20) is the only whole step";
  EXPECT_EQ(demand.series(at(30s), 10s).values, (std::vector<double>{4, 4}));
}

TEST(Demand, AStepIsTheMeanOfItsKnownSeconds) {
  Demand demand;
  demand.add(at(0s), arrivals(10));
  demand.add(at(4s), arrivals(20));
  fill(demand, 10, 15, 5);
  const auto series = demand.series(at(15s), 5s);
  EXPECT_EQ(series.values, (std::vector<double>{15, 0, 5}));
  EXPECT_EQ(series.present, (std::vector<std::uint8_t>{1, 0, 1}));
}

TEST(Demand, OnlyTheLastHourIsKept) {
  Demand demand;
  fill(demand, 0, Demand::kSecondsKept + 100, 1);
  EXPECT_EQ(demand.series(at(std::chrono::seconds(Demand::kSecondsKept + 100)), 1s).size(),
            static_cast<std::size_t>(Demand::kSecondsKept));
  demand.add(at(50s), arrivals(1000));
  EXPECT_EQ(demand.arrival_rate(at(std::chrono::seconds(Demand::kSecondsKept + 100)), 2h), 1)
      << "what is older than the record is left out";
}

TEST(Demand, MinutesReachBackAWeekAndAnHour) {
  Demand demand;
  const TimePoint first = at(100s);  // a multiple of five minutes
  const TimePoint now = first + std::chrono::days(9);
  for (TimePoint t = first; t < now - 1h; t += 1min) {
    demand.remember_minute(t, 60 * static_cast<std::uint64_t>((t - first) / 24h + 1), 60);
  }
  for (TimePoint t = now - 1h; t < now; t += 1s) demand.add(t, arrivals(9));
  const auto week = demand.series(now, 5min);
  ASSERT_GE(week.size(), 7u * 288);
  EXPECT_LE(week.size(), 7u * 288 + 12);
  EXPECT_EQ(week.values.back(), 9);
  EXPECT_EQ(week.values[week.size() - 13], 9) << "the ninth day has nine a second";
  EXPECT_EQ(week.values[week.size() - 288], 9);
  EXPECT_EQ(week.values[week.size() - 289], 8);
  EXPECT_EQ(week.values[week.size() - 7 * 288], 3);
  const auto day = demand.series(now, 10s);
  EXPECT_EQ(day.size(), 25u * 360);
  EXPECT_EQ(day.values.front(), 8);
  EXPECT_EQ(day.values.back(), 9);
  EXPECT_EQ(demand.series(now, 5s).size(), 720u) << "an hour";
}

TEST(Demand, SecondsBecomeMinutesWithoutLosingAnyOrCountingOneTwice) {
  Demand demand;
  // Every third second is unknown, and the others have as many requests as their number says.
  const int length = Demand::kSecondsKept + 17 * 60 + 25;
  for (int s = 0; s < length; ++s) {
    if (s % 3 != 0) demand.add(at(std::chrono::seconds(s)), arrivals(static_cast<unsigned>(s)));
  }
  const TimePoint now = at(std::chrono::seconds(length));
  const auto series = demand.series(now, 1min);
  ASSERT_EQ(series.size(), 77u) << "1,700,000,000 is 20 s past a minute: it counts from there";
  for (std::size_t i = 0; i < series.size(); ++i) {
    double sum = 0;
    int known = 0;
    for (int s = 0; s < length; ++s) {
      const auto into = at(std::chrono::seconds(s)) - series.start;
      if (s % 3 == 0 || into / 1min != static_cast<std::int64_t>(i) || into < 0s) continue;
      sum += s;
      ++known;
    }
    ASSERT_NEAR(series.values[i], sum / known, 1e-3) << i;
  }
}

TEST(Demand, AClockThatLeapsAheadStartsTheRecordAnew) {
  Demand demand;
  fill(demand, 0, 60, 7);
  demand.add(at(10h), arrivals(3));
  EXPECT_EQ(demand.arrival_rate(at(10h + 1s), 20h), 3);
  EXPECT_EQ(demand.series(at(10h + 1s), 1s).size(), 1u);
}

}  // namespace
}  // namespace starling
