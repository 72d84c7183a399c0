// An evaluation looks at nothing that lies after the moment of a case.
#include "apps/lab/forecast_methods.h"

#include <gtest/gtest.h>

#include <cmath>

#include "forecast/evaluation/protocol.h"
#include "trace/synth.h"

namespace starling::lab {
namespace {

std::vector<Series> workloads() {
  SynthOptions options;
  options.workloads = 6;
  options.step = 1min;
  options.length = 8h;
  options.mean_rate_min = 1;
  options.mean_rate_max = 50;
  return synthesize(options, 5);
}

TEST(ForecastMethods, OnlineKnowsNothingOfWhatComesAfterACase) {
  const auto before = workloads();
  const CutCases whole = cut_cases("d", before, Protocol::kShort, 3);
  const std::size_t first = before[0].size() / 2;  // the earliest moment of each workload
  auto changed = before;
  for (Series& series : changed) {
    for (std::size_t i = first; i < series.size(); ++i) series.values[i] = 1000 + 50.0 * (i % 7);
  }
  const CutCases other = cut_cases("d", changed, Protocol::kShort, 3);
  const auto weights = read_artifact(STARLING_SOURCE_DIR "/models/forecaster.bin");
  ASSERT_TRUE(weights) << weights.error().message;
  const auto as_it_was = run_method("online", whole.cases, &*weights);
  const auto as_changed = run_method("online", other.cases, &*weights);
  ASSERT_TRUE(as_it_was) << as_it_was.error().message;
  ASSERT_TRUE(as_changed) << as_changed.error().message;
  ASSERT_EQ(whole.cases.size(), 18u);
  int same = 0, different = 0;
  for (std::size_t i = 0; i < whole.cases.size(); ++i) {
    ASSERT_EQ(whole.cases[i].id, other.cases[i].id);
    const bool earliest = whole.cases[i].history == other.cases[i].history;
    const bool equal = as_it_was->steps[i] == as_changed->steps[i];
    if (earliest) {
      EXPECT_TRUE(equal) << whole.cases[i].id;
      ++same;
    } else {
      different += !equal;
    }
  }
  EXPECT_EQ(same, 6);
  EXPECT_EQ(different, 12) << "later cases do see it";
}

TEST(ForecastMethods, WhatCannotRunIsKnownBeforeTheFirstForecast) {
  EXPECT_TRUE(check_methods({"naive", "ses", "online"}));
  const Status unknown = check_methods({"naive", "sess"});
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("(did you mean 'ses'?)"), std::string::npos)
      << unknown.error().message;
  EXPECT_TRUE(use_weights({"naive", "net"}));
  EXPECT_FALSE(use_weights({"naive", "theta"}));
  const auto without = run_method("net", {}, nullptr);
  ASSERT_FALSE(without);
  EXPECT_NE(without.error().message.find("--model"), std::string::npos) << without.error().message;
}

}  // namespace
}  // namespace starling::lab
