// Every cleaning step by its documented rule, and what no step may do.
#include "trace/clean.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "trace/clean_values.h"

namespace starling {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Row {
  double second;
  double value;
};

RawTrace trace_of(Quantity quantity, const std::vector<Row>& rows,
                  const std::string& workload = "w") {
  RawTrace trace;
  trace.format = "long";
  trace.quantity = quantity;
  Samples samples{.workload = workload, .times_us = {}, .values = {}};
  for (const Row& row : rows) {
    samples.times_us.push_back(static_cast<std::int64_t>(row.second * 1e6));
    samples.values.push_back(row.value);
  }
  trace.workloads.push_back(std::move(samples));
  return trace;
}

CleanTrace cleaned(RawTrace trace, const CleanOptions& options = {}) {
  auto result = clean(std::move(trace), options);
  EXPECT_TRUE(result) << result.error().message;
  return std::move(*result);
}

std::string error_of(RawTrace trace, const CleanOptions& options = {}) {
  const auto result = clean(std::move(trace), options);
  EXPECT_FALSE(result);
  return result ? "" : result.error().message;
}

TEST(Clean, EveryStepIsInTheReportEvenWithNothingToDo) {
  const CleanTrace trace = cleaned(trace_of(Quantity::kGauge, {{0, 1}, {60, 2}, {120, 3}}));
  std::vector<std::string> names;
  for (const CleaningStep& step : trace.report.steps) {
    names.push_back(step.name);
    EXPECT_EQ(step.points, 0) << step.name;
    EXPECT_FALSE(step.action.empty()) << step.name;
  }
  EXPECT_THAT(names,
              ElementsAre("skipped rows", "impossible values", "time unit", "time zone", "order",
                          "duplicate times", "value unit", "step", "rows within one step", "gaps",
                          "counter resets", "counts across gaps", "stuck sensors", "outliers"));
  EXPECT_THAT(trace.series[0].values, ElementsAre(1, 2, 3));
}

TEST(Clean, InfiniteAndImpossiblyNegativeValuesBecomeMissing) {
  const auto rows = {Row{0, 1}, {60, -3}, {120, kInfinity}, {180, kMissing}, {240, 5}};
  const CleanTrace counts = cleaned(trace_of(Quantity::kCount, rows));
  EXPECT_THAT(counts.series[0].present, ElementsAre(1, 0, 0, 0, 1));
  EXPECT_EQ(counts.report.step("impossible values").points, 2);
  EXPECT_THAT(counts.report.step("impossible values").examples,
              ElementsAre("w: -3 at 60", "w: inf at 120"));
  EXPECT_EQ(counts.report.missing, 3);

  const CleanTrace gauge = cleaned(trace_of(Quantity::kGauge, rows));
  EXPECT_THAT(gauge.series[0].present, ElementsAre(1, 1, 0, 0, 1));
  RawTrace percent = trace_of(Quantity::kGauge, rows);
  percent.unit = "%";
  EXPECT_THAT(cleaned(percent).series[0].present, ElementsAre(1, 0, 0, 0, 1));
  EXPECT_THAT(cleaned(percent, {.allow_negative = true}).series[0].present,
              ElementsAre(1, 1, 0, 0, 1));
}

TEST(Clean, AnAssumedKindIsNoLongerAssumedOnceItIsStated) {
  RawTrace trace = trace_of(Quantity::kGauge, {{0, 1}, {60, 2}});
  EXPECT_FALSE(cleaned(trace).quantity_assumed);
  trace.quantity_assumed = true;
  EXPECT_TRUE(cleaned(trace).quantity_assumed);
  EXPECT_FALSE(cleaned(trace, {.quantity = Quantity::kGauge}).quantity_assumed);
  EXPECT_FALSE(cleaned(trace, {.is_events = true}).quantity_assumed);
}

TEST(Clean, UnsortedRowsAreSortedAndCounted) {
  const CleanTrace trace =
      cleaned(trace_of(Quantity::kGauge, {{0, 1}, {120, 3}, {60, 2}, {180, 4}}));
  EXPECT_THAT(trace.series[0].values, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(trace.report.step("order").points, 1);
  EXPECT_THAT(trace.report.step("order").examples, ElementsAre("w: 60 after 120"));
}

TEST(Clean, DuplicateTimesMergeAsTheQuantityDemands) {
  const std::vector<Row> rows = {{0, 1}, {60, 2}, {60, 6}, {60, kMissing}, {120, 9}};
  const std::vector<std::pair<Quantity, double>> expected = {
      {Quantity::kCount, 8}, {Quantity::kRate, 4}, {Quantity::kGauge, 4}};
  for (const auto& [quantity, value] : expected) {
    const CleanTrace trace = cleaned(trace_of(quantity, rows));
    EXPECT_THAT(trace.series[0].values, ElementsAre(1, value, 9));
    EXPECT_EQ(trace.report.step("duplicate times").points, 2);
  }
  // Of a counter the highest reading is the latest: 1, 6, 9.
  EXPECT_THAT(cleaned(trace_of(Quantity::kCounter, rows)).series[0].values, ElementsAre(5, 3));
}

TEST(Clean, TimesReadAsSecondsThatAreMillisecondsAreNoticed) {
  const CleanTrace trace = cleaned(
      trace_of(Quantity::kGauge, {{1714564800000, 1}, {1714564860000, 2}, {1714564920000, 3}}));
  EXPECT_TRUE(trace.has_calendar);
  EXPECT_EQ(trace.series[0].step, Duration{60s});
  EXPECT_EQ(unix_seconds(trace.series[0].start), 1714564800);
  EXPECT_THAT(trace.report.step("time unit").action, HasSubstr("ms, by their magnitude"));
  EXPECT_EQ(trace.report.step("time unit").points, 3);
}

TEST(Clean, TheTimeUnitCanBeStated) {
  const auto trace = cleaned(trace_of(Quantity::kGauge, {{0, 1}, {5000, 2}, {10000, 3}}),
                             {.time_unit = TimeUnit::kMilliseconds});
  EXPECT_EQ(trace.series[0].step, Duration{5s});
}

TEST(Clean, ValuesOfAnotherUnitByNameAreConvertedAndAnOverrideKeepsThem) {
  RawTrace trace = trace_of(Quantity::kGauge, {{0, 250}, {60, 500}}, "latency_ms");
  trace.unit = "s";
  EXPECT_THAT(cleaned(trace).series[0].values, ElementsAre(0.25, 0.5));
  EXPECT_EQ(cleaned(trace).report.step("value unit").points, 2);
  EXPECT_THAT(cleaned(trace, {.value_unit = "ms"}).series[0].values, ElementsAre(250, 500));
  trace.unit = "";
  EXPECT_EQ(cleaned(trace).unit, "ms");
  EXPECT_THAT(cleaned(trace).series[0].values, ElementsAre(250, 500));
}

TEST(Clean, NamesTellTheUnitOnlyWhereAllAgree) {
  RawTrace trace = trace_of(Quantity::kGauge, {{0, 0.5}, {60, 0.25}}, "cpu_ratio");
  trace.workloads.push_back(
      trace_of(Quantity::kGauge, {{0, 50}, {60, 25}}, "memory_percent").workloads[0]);
  const CleanTrace shares = cleaned(trace);
  EXPECT_EQ(shares.unit, "share");
  EXPECT_EQ(shares.series[0].values, shares.series[1].values);
  trace.workloads[1].workload = "packets";
  EXPECT_EQ(cleaned(trace).unit, "");
  EXPECT_THAT(cleaned(trace).series[1].values, ElementsAre(50, 25));
}

TEST(Clean, PercentagesThatAreSharesAreRecognisedByTheirMagnitude) {
  std::vector<Row> rows;
  for (int i = 0; i < 30; ++i) rows.push_back({60.0 * i, 0.01 * i});
  RawTrace trace = trace_of(Quantity::kGauge, rows);
  trace.unit = "%";
  EXPECT_DOUBLE_EQ(cleaned(trace).series[0].values[25], 25);
  EXPECT_THAT(cleaned(trace).report.step("value unit").action, HasSubstr("by their magnitude"));
  trace.workloads[0].values[3] = 1.5;  // no share is above 1
  EXPECT_DOUBLE_EQ(cleaned(trace).series[0].values[25], 0.25);
}

TEST(UnitInName, TakesTheLastWordOnly) {
  EXPECT_EQ(unit_in_name("cpu_percent"), "%");
  EXPECT_EQ(unit_in_name("web.latency-ms"), "ms");
  EXPECT_EQ(unit_in_name("wait_Seconds"), "s");
  EXPECT_EQ(unit_in_name("busy_ratio"), "share");
  EXPECT_EQ(unit_in_name("programs"), std::nullopt);
  EXPECT_EQ(unit_in_name("s"), std::nullopt);
  EXPECT_EQ(unit_in_name(""), std::nullopt);
}

TEST(Clean, AJitteringSamplersStepIsFound) {
  std::vector<Row> rows;
  for (int i = 0; i < 50; ++i) rows.push_back({60.0 * i + 0.37 * ((i * 7) % 5), 1.0 * i});
  const CleanTrace trace = cleaned(trace_of(Quantity::kGauge, rows));
  EXPECT_EQ(trace.series[0].step, Duration{60s});
  EXPECT_EQ(trace.series[0].size(), 50u);
  EXPECT_EQ(trace.report.missing, 0);
  EXPECT_EQ(trace.report.step("step").points, 0);
}

TEST(Clean, DistancesThatDoNotFitTheStepAreReported) {
  const CleanTrace trace = cleaned(trace_of(
      Quantity::kGauge, {{0, 1}, {60, 2}, {120, 3}, {180, 4}, {200, 5}, {220, 6}, {280, 7}}));
  EXPECT_EQ(trace.series[0].step, Duration{60s});
  EXPECT_EQ(trace.report.step("step").points, 2);
  EXPECT_EQ(trace.report.step("rows within one step").points, 1);  // 180 and 200
}

TEST(Clean, AWorkloadOfFewRowsTakesTheUsualStep) {
  RawTrace trace = trace_of(Quantity::kGauge, {{0, 1}, {180, 2}}, "few");
  trace.workloads.push_back(
      trace_of(Quantity::kGauge, {{0, 1}, {60, 2}, {120, 3}}, "w").workloads[0]);
  trace.workloads.push_back(trace_of(Quantity::kGauge, {{0, 1}}, "one").workloads[0]);
  const CleanTrace result = cleaned(trace);
  EXPECT_THAT(result.series[0].present, ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(result.series[2].present, ElementsAre(1));
}

TEST(Clean, GapsAreMissingUnlessRowsAreEvents) {
  const std::vector<Row> rows = {{0, 1}, {60, 1}, {120, 1}, {300, 4}};
  const CleanTrace series = cleaned(trace_of(Quantity::kCount, rows));
  EXPECT_THAT(series.series[0].present, ElementsAre(1, 1, 1, 0, 0, 1));
  EXPECT_EQ(series.report.step("gaps").points, 2);
  EXPECT_THAT(series.report.step("gaps").examples, ElementsAre("w: 2m from 180"));

  const CleanTrace events = cleaned(trace_of(Quantity::kCount, rows), {.is_events = true});
  EXPECT_THAT(events.series[0].present, ElementsAre(1, 1, 1, 1, 1, 1));
  EXPECT_THAT(events.series[0].values, ElementsAre(1, 1, 1, 0, 0, 4));
  EXPECT_THAT(events.report.step("gaps").action, HasSubstr("zero, within the span"));
}

TEST(Clean, EventsAreCountedInTheStepThatHoldsThem) {
  const CleanTrace trace =
      cleaned(trace_of(Quantity::kCount, {{59, 1}, {59.9, 1}, {60, 1}, {119.9, 1}, {119.9, 1}}),
              {.step = Duration{60s}, .is_events = true});
  EXPECT_EQ(trace.series[0].start, TimePoint{});
  EXPECT_THAT(trace.series[0].values, ElementsAre(2, 3));
}

// Prometheus's rule for rate() and increase(): "Breaks in monotonicity (such as counter resets due
// to target restarts) are automatically adjusted for."
TEST(Clean, CounterResetsCountTheNewReading) {
  const CleanTrace trace = cleaned(trace_of(
      Quantity::kCounter, {{0, 100}, {60, 130}, {120, 10}, {180, 25}, {360, 85}, {420, 90}}));
  EXPECT_EQ(trace.quantity, Quantity::kCount);
  EXPECT_THAT(trace.series[0].values, ElementsAre(30, 10, 15, 0, 0, 0, 5));
  EXPECT_THAT(trace.series[0].present, ElementsAre(1, 1, 1, 0, 0, 0, 1));
  EXPECT_THAT(trace.report.step("counter resets").examples, ElementsAre("w: 10 after 130 at 120"));
  EXPECT_THAT(trace.report.step("counts across gaps").examples,
              ElementsAre("w: 60 between 180 and 360"));
}

TEST(Clean, StuckSensorsAreFlaggedAndMaskedOnDemand) {
  std::vector<Row> rows;
  for (int i = 0; i < 60; ++i) {
    const double value = i >= 20 && i < 35 ? 42 : 40 + i % 3;
    rows.push_back({60.0 * i, value});
  }
  const CleanTrace kept = cleaned(trace_of(Quantity::kGauge, rows));
  EXPECT_EQ(kept.report.step("stuck sensors").points, 15 + 1);  // 42 is also the value before them
  EXPECT_EQ(kept.report.missing, 0);
  const CleanTrace masked = cleaned(trace_of(Quantity::kGauge, rows), {.mask_stuck = true});
  EXPECT_EQ(masked.report.missing, 16);
}

TEST(Clean, IdleAndConstantSeriesAreNotStuck) {
  std::vector<Row> idle;
  std::vector<Row> constant;
  for (int i = 0; i < 60; ++i) {
    idle.push_back({60.0 * i, i < 20 ? 1.0 + i % 3 : 0.0});
    constant.push_back({60.0 * i, 7});
  }
  for (const auto& rows : {idle, constant}) {
    EXPECT_EQ(cleaned(trace_of(Quantity::kGauge, rows)).report.step("stuck sensors").points, 0);
  }
}

TEST(Clean, OutliersAreKeptUnlessDropped) {
  std::vector<Row> rows;
  for (int i = 0; i < 30; ++i) rows.push_back({60.0 * i, i == 15 ? 900 : 10.0 + i % 4});
  const CleanTrace kept = cleaned(trace_of(Quantity::kGauge, rows));
  EXPECT_THAT(kept.report.step("outliers").examples, ElementsAre("w: 900 at 900"));
  EXPECT_EQ(kept.series[0].values[15], 900);
  const CleanTrace dropped = cleaned(trace_of(Quantity::kGauge, rows), {.drop_outliers = true});
  EXPECT_EQ(dropped.series[0].present[15], 0);
  EXPECT_EQ(dropped.report.missing, 1);
}

TEST(Clean, WhatTheReaderSkippedIsInTheReport) {
  RawTrace trace = trace_of(Quantity::kGauge, {{0, 1}, {60, 2}});
  trace.skipped.push_back({"not a number", 4, {"a.csv:3: x", "a.csv:4: y", "a:5: z", "a:6: q"}});
  const CleanTrace result = cleaned(trace);
  EXPECT_EQ(result.report.rows_skipped, 4);
  EXPECT_EQ(result.report.step("skipped rows").action, "not a number");
  EXPECT_EQ(result.report.step("skipped rows").examples.size(), Touched::kExamplesMax);
}

TEST(CleanErrors, SayWhatToDo) {
  EXPECT_THAT(error_of(RawTrace{}), HasSubstr("no rows"));
  EXPECT_THAT(error_of(trace_of(Quantity::kGauge, {{0, 1}})), HasSubstr("--step"));
  EXPECT_THAT(error_of(trace_of(Quantity::kGauge, {{0, 1}, {60, 2}}), {.step = Duration{0}}),
              HasSubstr("longer than 0s"));
}

TEST(CleanErrors, TimesFarApartAreRefusedAndNotAllocated) {
  const double year_0 = -62167219200;
  const double year_9999 = 253370764800;
  const auto message =
      error_of(trace_of(Quantity::kGauge, {{0, 1}, {1, 2}, {2, 3}, {year_9999, 4}}));
  EXPECT_THAT(message, HasSubstr("more than 100000000 points at a step of 1s"));
  EXPECT_THAT(error_of(trace_of(Quantity::kGauge, {{year_0, 1}, {0, 2}, {1, 2}, {2, 3}})),
              HasSubstr("workload 'w': from"));
  RawTrace extreme = trace_of(Quantity::kGauge, {{0, 1}, {1, 2}, {2, 2}});
  extreme.workloads[0].times_us.front() = std::numeric_limits<std::int64_t>::min();
  extreme.workloads[0].times_us.back() = std::numeric_limits<std::int64_t>::max();
  EXPECT_THAT(error_of(extreme, {.step = Duration{24h * 365}}), HasSubstr("outlying times"));
  EXPECT_THAT(error_of(extreme, {.step = Duration{24h * 365}, .is_events = true}),
              HasSubstr("outlying times"));
}

/// Rows of one workload in steps of a minute, some missing, some repeated.
rc::Gen<std::vector<Row>> rows_of_minutes() {
  return rc::gen::map(rc::gen::container<std::vector<std::pair<int, int>>>(
                          rc::gen::pair(rc::gen::inRange(0, 60), rc::gen::inRange(-5, 100))),
                      [](const std::vector<std::pair<int, int>>& pairs) {
                        std::vector<Row> rows = {{0, 1}, {60, 2}};
                        for (const auto& [minute, value] : pairs) {
                          rows.push_back({60.0 * minute, value == -1 ? kMissing : 0.1 * value});
                        }
                        return rows;
                      });
}

RC_GTEST_PROP(CleanProperty, TheOrderOfRowsNeverChangesTheResult, ()) {
  auto rows = *rows_of_minutes();
  const auto quantity =
      *rc::gen::element(Quantity::kCount, Quantity::kRate, Quantity::kGauge, Quantity::kCounter);
  const CleanOptions options{.step = Duration{1min}, .drop_outliers = true};
  const auto before = clean(trace_of(quantity, rows), options);
  for (std::size_t i = rows.size(); i > 1; --i) {
    std::swap(rows[i - 1], rows[*rc::gen::inRange<std::size_t>(0, i)]);
  }
  const auto after = clean(trace_of(quantity, rows), options);
  RC_ASSERT(before && after);
  RC_ASSERT(before->series[0].values == after->series[0].values);
  RC_ASSERT(before->series[0].present == after->series[0].present);
  RC_ASSERT(before->report.step("outliers").points == after->report.step("outliers").points);
}

RC_GTEST_PROP(CleanProperty, NothingMissingBecomesZero, ()) {
  const auto rows = *rows_of_minutes();
  const auto result = clean(trace_of(Quantity::kGauge, rows), {.step = Duration{1min}});
  RC_ASSERT(result);
  const Series& series = result->series[0];
  for (std::size_t i = 0; i < series.size(); ++i) {
    const auto minute = 60.0 * static_cast<double>(i);
    const bool known = std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
      return row.second == minute && !std::isnan(row.value);
    });
    RC_ASSERT((series.present[i] == 1) == known);
  }
}

RC_GTEST_PROP(CleanProperty, CountsAreKept, ()) {
  auto rows = *rows_of_minutes();
  double total = 0;
  for (Row& row : rows) {
    row.value = std::isnan(row.value) ? kMissing : std::abs(std::round(10 * row.value));
    if (!std::isnan(row.value)) total += row.value;
  }
  const bool is_events = *rc::gen::arbitrary<bool>();
  const auto result =
      clean(trace_of(Quantity::kCount, rows), {.step = Duration{1min}, .is_events = is_events});
  RC_ASSERT(result);
  double kept = 0;
  for (const double value : result->series[0].values) kept += value;
  RC_ASSERT(kept == total);
}

}  // namespace
}  // namespace starling
