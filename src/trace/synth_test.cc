// The traits that synthetic workloads promise: reproducible, on target, over-dispersed, seasonal.
#include "trace/synth.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace starling {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance(const std::vector<double>& values) {
  const double m = mean(values);
  double sum = 0;
  for (const double v : values) sum += (v - m) * (v - m);
  return sum / static_cast<double>(values.size());
}

double correlation_at(const std::vector<double>& values, std::size_t lag) {
  const double m = mean(values);
  double sum = 0;
  for (std::size_t i = lag; i < values.size(); ++i) sum += (values[i] - m) * (values[i - lag] - m);
  return sum / static_cast<double>(values.size()) / variance(values);
}

RC_GTEST_PROP(SynthTest, SameSeedSameBytesAndMoreWorkloadsKeepTheFirst, (std::uint64_t seed)) {
  const SynthOptions few{.workloads = 3, .length = 2h};
  const SynthOptions more{.workloads = 5, .length = 2h};
  const auto a = synthesize(few, seed);
  const auto b = synthesize(more, seed);
  for (std::size_t i = 0; i < a.size(); ++i) RC_ASSERT(a[i].values == b[i].values);
  // Busy workloads: two silent ones may well be alike.
  const SynthOptions busy{
      .workloads = 1, .length = 2h, .mean_rate_min = 10, .intermittent_share = 0};
  RC_ASSERT(synthesize(busy, seed + 1)[0].values != synthesize(busy, seed)[0].values);
}

RC_GTEST_PROP(SynthTest, ValuesAreWholeCountsAndEveryPointIsPresent, (std::uint64_t seed)) {
  for (const Series& series : synthesize({.workloads = 4, .length = 3h}, seed)) {
    RC_ASSERT(series.size() == 180u);
    RC_ASSERT(series.present == std::vector<std::uint8_t>(180, 1));
    for (const double v : series.values) RC_ASSERT(v >= 0 && v == std::floor(v));
  }
}

TEST(SynthTest, MeanRatesStayInTheRange) {
  const SynthOptions options{
      .workloads = 40, .length = 48h, .mean_rate_min = 1, .mean_rate_max = 20};
  double lowest = 1e9, highest = 0;
  for (const Series& series : synthesize(options, 3)) {
    const double rate = mean(series.values) / 60;
    EXPECT_GT(rate, 0.8) << series.workload;
    EXPECT_LT(rate, 25) << series.workload;
    lowest = std::min(lowest, rate);
    highest = std::max(highest, rate);
  }
  EXPECT_LT(lowest, 3) << "rates should spread over the range";
  EXPECT_GT(highest, 8);
}

TEST(SynthTest, CountsAreOverDispersed) {
  for (const Series& series : synthesize({.workloads = 20, .intermittent_share = 0}, 11)) {
    EXPECT_GT(variance(series.values), 1.05 * mean(series.values)) << series.workload;
  }
}

TEST(SynthTest, MostWorkloadsFollowTheDay) {
  const auto all = synthesize({.workloads = 30,
                               .step = 10min,
                               .length = 24h * 14,
                               .intermittent_share = 0,
                               .bursts_per_day = 0},
                              5);
  const auto daily = std::count_if(all.begin(), all.end(), [](const Series& series) {
    return correlation_at(series.values, 144) > correlation_at(series.values, 72) + 0.1;
  });
  EXPECT_GE(daily, 24);
}

TEST(SynthTest, IntermittentWorkloadsAreMostlySilent) {
  for (const Series& series : synthesize(
           {.workloads = 10, .length = 96h, .mean_rate_min = 1, .intermittent_share = 1}, 9)) {
    const auto zeros = std::count(series.values.begin(), series.values.end(), 0.0);
    EXPECT_GT(static_cast<double>(zeros) / static_cast<double>(series.size()), 0.5)
        << series.workload;
    EXPECT_GT(mean(series.values), 0);
  }
}

TEST(SynthTest, SurgesMakePeaks) {
  const SynthOptions calm{.workloads = 20, .intermittent_share = 0, .bursts_per_day = 0};
  SynthOptions wild = calm;
  wild.bursts_per_day = 8;
  const auto peakedness = [](const std::vector<Series>& all) {
    double sum = 0;
    for (const Series& series : all) {
      sum += *std::max_element(series.values.begin(), series.values.end()) / mean(series.values);
    }
    return sum / static_cast<double>(all.size());
  };
  EXPECT_GT(peakedness(synthesize(wild, 2)), 1.2 * peakedness(synthesize(calm, 2)));
}

}  // namespace
}  // namespace starling
