// The summaries of a recent past against their definitions.
#include "forecast/net/past.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numbers>

#include "forecast/contract_checks.h"
#include "forecast/smoothing.h"

namespace starling {
namespace {

OwnedHistory noisy(std::uint64_t seed, int points) {
  Rng rng(seed);
  OwnedHistory history({});
  for (int i = 0; i < points; ++i) history.values.push_back(static_cast<double>(rng.poisson(9)));
  history.present.assign(history.values.size(), 1);
  for (auto& known : history.present) known = rng.chance(0.8);
  history.present.back() = 1;
  return history;
}

RC_GTEST_PROP(Past, MeansAndDeviationsAreThoseOfTheKnownPoints, ()) {
  const auto history = noisy(*rc::gen::inRange<std::uint64_t>(0, 1000), 90);
  const Past past(history.view(), 80);
  const auto oldest = *rc::gen::inRange<std::size_t>(1, 100);
  double sum = 0, squares = 0;
  int count = 0;
  for (std::size_t back = 1; back <= std::min<std::size_t>(oldest, 80); ++back) {
    const std::size_t i = history.values.size() - back;
    if (!history.present[i]) continue;
    sum += history.values[i];
    squares += history.values[i] * history.values[i];
    ++count;
  }
  RC_ASSERT(past.known_count(oldest) == count);
  RC_ASSERT(std::abs(past.mean(oldest).value - sum / count) < 1e-9);
  const double variance = squares / count - sum / count * sum / count;
  RC_ASSERT(std::abs(past.deviation(oldest) - std::sqrt(std::max(0.0, variance))) < 1e-6);
}

RC_GTEST_PROP(Past, SmoothsAsExponentialSmoothingDoes, ()) {
  const auto history = noisy(*rc::gen::inRange<std::uint64_t>(0, 1000), 70);
  const RecentSmoothing recent = smooth_recent(Past(history.view(), 64), 64);
  const Smoothing expected = smooth(last_window(history.values, history.present, 64));
  RC_ASSERT(recent.alpha == expected.alpha);
  RC_ASSERT(std::abs(recent.level() - expected.level()) < 1e-9);
}

TEST(Past, AWaveCorrelatesWithItselfOnePeriodEarlier) {
  OwnedHistory history({});
  for (int i = 0; i < 240; ++i) {
    history.values.push_back(10 + 5 * std::sin(2 * std::numbers::pi * i / 24));
  }
  history.present.assign(history.values.size(), 1);
  const auto correlations = autocorrelations(Past(history.view(), 240), 240, 96);
  EXPECT_NEAR(correlations[23], 1, 1e-3);
  EXPECT_NEAR(correlations[11], -1, 1e-3);
  EXPECT_NEAR(correlations[5], 0, 0.02);
  EXPECT_EQ(echo_lag(correlations) % 24, 0U);
}

TEST(Past, AConstantHasNoEcho) {
  const OwnedHistory history(std::vector<double>(200, 4.0));
  EXPECT_EQ(echo_lag(autocorrelations(Past(history.view(), 200), 200, 96)), 0U);
}

}  // namespace
}  // namespace starling
