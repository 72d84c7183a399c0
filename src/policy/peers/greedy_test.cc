// The median forecast, sized at 70 % of what a replica serves.
#include "policy/peers/greedy.h"

#include <gtest/gtest.h>

#include "policy/peers/replicas_for_tests.h"

namespace starling {
namespace {

/// Steps of ten seconds, each with its median; the highest quantile is ten times as much.
Forecast medians(TimePoint origin, const std::vector<double>& rates) {
  Forecast forecast{.origin = origin, .step = 10s, .method = "test", .steps = {}};
  for (const double rate : rates) {
    Quantiles quantiles;
    quantiles.fill(rate);
    quantiles.back() = 10 * rate;
    forecast.steps.push_back(quantiles);
  }
  return forecast;
}

Observation seen_at(TimePoint now) {
  Observation seen;
  seen.now = now;
  seen.interval = 10s;
  seen.cold_start = 20s;
  seen.concurrency = 2;
  seen.service = {0.1, 1, 0};
  seen.arrival_rate = 1000;
  return seen;
}

int wished(const Observation& seen, int min = 0, int max = 100) {
  return GreedyPolicy().decide(seen, limits_for_tests(min, max)).replicas;
}

TEST(Greedy, IsTheCeilingOfTheMeanMedianOverColdStartAndInterval) {
  const TimePoint now{std::chrono::seconds(1'700'000'000)};
  Observation seen = seen_at(now);
  const struct {
    const char* rule;
    std::vector<double> rates;
    int expected;
  } table[] = {
      {"14 req/s of 0.1 s on 2 slots at 70 %", {14, 14, 14}, 1},
      {"a little more", {14, 14, 14.1}, 2},
      {"the mean, not the peak", {0, 0, 42}, 1},
      {"what comes after is not counted", {14, 14, 14, 1000}, 1},
      {"the last step stands for all beyond it", {14, 28}, 2},  // mean 23.3
      {"nothing expected", {0, 0, 0}, 0},
  };
  for (const auto& row : table) {
    const Forecast forecast = medians(now, row.rates);
    seen.forecast = &forecast;
    EXPECT_EQ(wished(seen), row.expected) << row.rule;
  }
}

TEST(Greedy, AnOlderForecastCountsFromNow) {
  const TimePoint now{std::chrono::seconds(1'700'000'000)};
  Observation seen = seen_at(now);
  const Forecast forecast = medians(now - 10s, {1000, 14, 14, 14, 1000});
  seen.forecast = &forecast;
  EXPECT_EQ(wished(seen), 1);
}

TEST(Greedy, WithoutAForecastTheRateSeenCounts) {
  Observation seen = seen_at(TimePoint{std::chrono::seconds(1'700'000'000)});
  seen.arrival_rate = 28;
  EXPECT_EQ(wished(seen), 2);
  EXPECT_EQ(wished(seen, 3), 3);
  EXPECT_EQ(wished(seen, 0, 1), 1);
}

TEST(Greedy, ARequestThatNobodyForesawWakesIt) {
  const TimePoint now{std::chrono::seconds(1'700'000'000)};
  Observation seen = seen_at(now);
  const Forecast forecast = medians(now, {0});
  seen.forecast = &forecast;
  seen.in_flight = 0.1;
  EXPECT_EQ(wished(seen), 1);
}

}  // namespace
}  // namespace starling
