// Cutting cases: the documented lengths, moments and names.
#include "forecast/evaluation/protocol.h"

#include <gtest/gtest.h>

#include <numeric>

namespace starling {
namespace {

Series counting(Duration step, int points) {
  Series series{.workload = "w", .start = {}, .step = step, .values = {}, .present = {}};
  series.values.resize(static_cast<std::size_t>(points));
  std::iota(series.values.begin(), series.values.end(), 0.0);
  series.present.assign(series.values.size(), 1);
  return series;
}

TEST(Protocol, LengthsAreTheDocumentedOnes) {
  const auto expect = [](Protocol protocol, Duration step, std::size_t history,
                         std::size_t horizon) {
    EXPECT_EQ(protocol_shape(protocol, step).history, history) << seconds(step);
    EXPECT_EQ(protocol_shape(protocol, step).horizon, horizon) << seconds(step);
  };
  expect(Protocol::kShort, 1min, 60, 15);
  expect(Protocol::kShort, 5min, 48, 12);
  expect(Protocol::kShort, 10min, 36, 12);
  expect(Protocol::kLong, 1min, 2880, 15);
  expect(Protocol::kLong, 5min, 2016, 12);
  expect(Protocol::kLong, 10min, 1008, 12);
  expect(Protocol::kShort, 57s, 60, 15);
}

TEST(Protocol, MomentsAreEvenlySpacedOverTheSecondHalf) {
  const auto made = cut_cases("d", {counting(10min, 1000)}, Protocol::kShort, 3);
  ASSERT_EQ(made.cases.size(), 3U);
  EXPECT_EQ(made.cases[0].id, "d/w@500");
  EXPECT_EQ(made.cases[1].id, "d/w@744");
  EXPECT_EQ(made.cases[2].id, "d/w@988");
  const ForecastCase& last = made.cases[2];
  EXPECT_EQ(last.history.size(), 36U);
  EXPECT_EQ(last.history.values.back(), 987) << "the history ends where the future begins";
  EXPECT_EQ(last.future.values.front(), 988);
  EXPECT_EQ(last.future.values.back(), 999) << "the last moment leaves room for the horizon";
  EXPECT_EQ(last.season, 144);
  EXPECT_EQ(made.workloads, 1U);
  EXPECT_EQ(made.shortened, 0U);
}

TEST(Protocol, ALongHistoryThatIsNotThereIsShortenedAndCounted) {
  const auto made = cut_cases("d", {counting(1min, 480)}, Protocol::kLong, 4);
  ASSERT_EQ(made.cases.size(), 4U);
  EXPECT_EQ(made.shortened, 4U);
  EXPECT_EQ(made.cases[0].history.size(), 240U);
  const auto none = cut_cases("d", {counting(1min, 74)}, Protocol::kLong, 4);
  EXPECT_TRUE(none.cases.empty()) << "60 points and a horizon of 15 do not fit";
  EXPECT_EQ(none.too_short, 1U);
}

TEST(Protocol, MomentsWithNothingKnownAreLeftOut) {
  Series series = counting(10min, 200);
  for (std::size_t i = 150; i < 200; ++i) series.present[i] = 0;
  series.values[120] = -5;
  const auto made = cut_cases("d", {series}, Protocol::kShort, 2);
  ASSERT_EQ(made.cases.size(), 1U);
  EXPECT_EQ(made.unknown, 1U);
  EXPECT_EQ(made.cases[0].future.present, std::vector<std::uint8_t>(12, 1));
}

TEST(Protocol, DatasetsAreCalledAsTheirFilesWithoutTheEndings) {
  EXPECT_EQ(dataset_name("/x/azure_8h_1min.validation.csv.gz"), "azure_8h_1min");
  EXPECT_EQ(dataset_name("nab.train.csv"), "nab");
  EXPECT_EQ(dataset_name("day"), "day");
}

}  // namespace
}  // namespace starling
