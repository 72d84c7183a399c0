// Training windows: evenly from unlike sets, aggregated as defined, the same
// for the same seed.
#include "forecast/net/windows.h"

#include <gtest/gtest.h>

#include "forecast/workloads_for_tests.h"

namespace starling {
namespace {

TEST(Windows, AggregationAveragesTheKnownAndKeepsGaps) {
  const Series fine{.workload = "w",
                    .step = 5min,
                    .values = {1, 3, 5, 0, 0, 0, 9, 9, 9},
                    .present = {1, 1, 1, 0, 0, 0, 1, 1, 1}};
  const Series coarse = aggregated(fine, 2);
  EXPECT_EQ(coarse.step, 10min);
  EXPECT_EQ(coarse.values, (std::vector<double>{2, 5, 0, 9}));
  EXPECT_EQ(coarse.present, (std::vector<std::uint8_t>{1, 1, 0, 1}));
}

TEST(Windows, ASetsShareOfWindowsIsItsWeightNotItsSize) {
  std::vector<TrainingSet> sets{{"many", 1, seasonal_workloads(50, 200, 1)},
                                {"few", 3, seasonal_workloads(2, 200, 2)}};
  for (Series& series : sets[1].workloads) {
    for (double& x : series.values) x *= 1e6;
  }
  const WindowSampler sampler(std::move(sets), Regime::kShort);
  Rng rng(3);
  int few = 0;
  for (int k = 0; k < 1000; ++k) few += sampler.draw(rng).history.level > 1e5;
  EXPECT_NEAR(few / 1000.0, 0.75, 0.06);
}

TEST(Windows, TheSameSeedDrawsTheSame) {
  for (const Regime regime : kRegimes) {
    const WindowSampler sampler({{"waves", 1, seasonal_workloads(5, 300, 1)}}, regime);
    Rng one(7), two(7);
    for (int k = 0; k < 20; ++k) {
      const Example a = sampler.draw(one), b = sampler.draw(two);
      EXPECT_EQ(a.history.regime, regime);
      EXPECT_EQ(a.history.inputs, b.history.inputs);
      EXPECT_EQ(a.outcome, b.outcome);
    }
  }
}

TEST(Windows, WorkloadsTooShortForAWindowAreLeftOut) {
  EXPECT_TRUE(WindowSampler({{"short", 1, seasonal_workloads(3, 20, 1)}}, Regime::kShort).empty());
  EXPECT_TRUE(WindowSampler({{"short", 1, seasonal_workloads(3, 70, 1)}}, Regime::kLong).empty());
}

TEST(Windows, ASilentSetGivesExamplesThatDoNotCount) {
  Series silent{.workload = "s", .step = 1min, .values = {}, .present = {}};
  silent.values.assign(200, 0.0);
  silent.present.assign(200, 1);
  const WindowSampler sampler({{"silent", 1, {silent}}}, Regime::kShort);
  Rng rng(1);
  const Example example = sampler.draw(rng);
  for (const float known : example.known) EXPECT_EQ(known, 0);
}

}  // namespace
}  // namespace starling
