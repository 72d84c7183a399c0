// Roll-ups say what the facts say, late facts included; forecasts are judged by the published
// formula.
#include "history/tiers.h"

#include <cmath>
#include <map>

#include "base/rng.h"
#include "history/store_for_tests.h"

namespace starling::history {
namespace {

class TiersTest : public StoreFixture {
 protected:
  /// Moves the store's time on to `second`, so that what is over by then is rolled up.
  static void pass(Store& store, std::int64_t second) {
    HealthFact fact;
    fact.time = kStart + second * 1s;
    store.record(fact);
    ASSERT_TRUE(store.flush());
  }
  /// Rows that are in one of the two answers only, over closed hours: none when the tiers are
  /// right.
  static std::string difference(const Store& store, const std::string& left,
                                const std::string& right) {
    const auto less = [](const std::string& a, const std::string& b) {
      return fmt::format("SELECT * FROM ({} EXCEPT {})", a, b);
    };
    return ask(store, less(left, right) + " UNION ALL " + less(right, left));
  }
};

TEST_F(TiersTest, MinutesAndHoursAddUpToTheSeconds) {
  auto store = open();
  Rng rng(3);
  for (int second = 0; second < 2 * 3600; ++second) {
    UsageFact fact = usage(second % 3 == 0 ? "a" : "b", second, static_cast<int>(rng.below(9)));
    fact.within_slo = fact.arrivals / 2;
    fact.in_flight = static_cast<double>(rng.below(8));
    fact.replicas_ready = static_cast<int>(rng.below(4));
    if (second % 2 == 0) fact.cpu_cores = 0.5;
    for (int i = 0; i < fact.arrivals; ++i) fact.latency.add(0.001 * static_cast<double>(1 + i));
    store->record(fact);
  }
  pass(*store, 2 * 3600 + 10);
  const std::string measures =
      "model, sum(arrivals), sum(within_slo), sum(seconds), round(sum(in_flight * seconds), 6), "
      "round(sum(latency_sum_ms), 6), round(sum(replicas_ready * seconds), 6)";
  for (const char* unit : {"minute", "hour"}) {
    const auto sums = [&](const std::string& table, const std::string& peak) {
      return fmt::format("SELECT {}, {}, max({}) FROM {} GROUP BY ALL", unit, measures, peak,
                         table);
    };
    EXPECT_EQ(difference(*store, sums("usage", "in_flight"),
                         sums(fmt::format("usage_{}", unit), "in_flight_max")),
              "[]");
    const auto buckets = [&](const std::string& table) {
      return fmt::format("SELECT {}, model, bucket, sum(count) FROM {} GROUP BY ALL", unit, table);
    };
    EXPECT_EQ(difference(*store, buckets("latency"), buckets(fmt::format("latency_{}", unit))),
              "[]");
  }
  EXPECT_EQ(ask(*store, "SELECT DISTINCT cpu_cores FROM usage_hour"), "[[0.5]]")
      << "a mean over the seconds in which it was measured";
}

TEST_F(TiersTest, AFactThatComesLateIsInEveryTierAtOnce) {
  auto store = open();
  store->record(usage("a", 0, 1));
  pass(*store, 2 * 3600 + 10);
  ASSERT_EQ(ask(*store, "SELECT sum(arrivals) FROM usage_hour"), "[[1]]");
  UsageFact late = usage("a", 30, 10);
  late.latency.add(0.02, 10);
  store->record(late);
  store->record(usage("new", 3600, 100));
  CostFact cost;
  cost.time = kStart + 50s;
  cost.model = {"demo", "a", "1"};
  cost.cost = 2;
  store->record(cost);
  ASSERT_TRUE(store->flush());
  for (const char* table : {"usage", "usage_minute", "usage_hour"}) {
    EXPECT_EQ(ask(*store, fmt::format("SELECT model, sum(arrivals), sum(seconds) FROM {} "
                                      "GROUP BY ALL ORDER BY ALL",
                                      table)),
              R"([["a",11,2.0],["new",100,1.0]])")
        << table;
  }
  for (const char* table : {"latency", "latency_minute", "latency_hour"}) {
    EXPECT_EQ(ask(*store, fmt::format("SELECT sum(count) FROM {}", table)), "[[10]]") << table;
  }
  EXPECT_EQ(ask(*store, "SELECT hour, sum(cost) FROM cost_hour GROUP BY ALL"),
            R"([["2024-05-06T12:00:00Z",2.0]])");
}

TEST_F(TiersTest, DemandIsAddedUpByMinutesOverTheSecondsThatAreKnown) {
  auto store = open();
  const auto demand = [&](std::int64_t second, std::int64_t arrivals) {
    DemandFact fact;
    fact.time = kStart + second * 1s;
    fact.model = {"demo", "a", "1"};
    fact.arrivals = arrivals;
    store->record(fact);
  };
  for (int second = 0; second < 150; ++second) {
    if (second % 4 != 0) demand(second, second / 60 + 1);
  }
  pass(*store, 130);
  const std::string minutes =
      "SELECT time, sum(arrivals), sum(seconds) FROM demand_minute GROUP BY time ORDER BY time";
  EXPECT_EQ(ask(*store, minutes),
            R"([["2024-05-06T12:00:00Z",45,45.0],["2024-05-06T12:01:00Z",90,45.0]])");
  demand(8, 100);
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(ask(*store, minutes),
            R"([["2024-05-06T12:00:00Z",145,46.0],["2024-05-06T12:01:00Z",90,45.0]])")
      << "a second that was reported late";
}

TEST_F(TiersTest, AFactBetweenTheWatermarksReachesTheHourOnce) {
  auto store = open();
  store->record(usage("a", 0, 1));
  pass(*store, 200);  // minutes are done, the hour is not
  store->record(usage("a", 61, 10));
  pass(*store, 3600 + 10);
  EXPECT_EQ(ask(*store, "SELECT sum(arrivals) FROM usage_minute"), "[[11]]");
  EXPECT_EQ(ask(*store, "SELECT sum(arrivals) FROM usage_hour"), "[[11]]");
}

TEST_F(TiersTest, TheOpenMinuteIsNotRolledUpAndARestartGoesOnWhereItWas) {
  auto store = open();
  for (int second = 0; second < 90; ++second) store->record(usage("a", second, 1));
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(ask(*store, "SELECT time, arrivals FROM usage_minute"),
            R"([["2024-05-06T12:00:00Z",60]])");
  store.reset();
  store = open();
  for (int second = 90; second < 190; ++second) store->record(usage("a", second, 1));
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(ask(*store, "SELECT time, arrivals FROM usage_minute ORDER BY time"),
            R"([["2024-05-06T12:00:00Z",60],["2024-05-06T12:01:00Z",60],)"
            R"(["2024-05-06T12:02:00Z",60]])");
}

TEST_F(TiersTest, ForecastsAreScoredOnceTheirTimeIsOver) {
  auto store = open();
  ForecastFact forecast;
  forecast.origin = kStart;
  forecast.model = {"demo", "a", "1"};
  forecast.method = "ses";
  forecast.step = 10s;
  forecast.steps.resize(3);  // the third ends after what is known
  for (auto& step : forecast.steps) step.fill(8);
  forecast.steps[0][0] = 2;
  forecast.steps[0][10] = 20;
  store->record(forecast);
  for (int second = 0; second < 20; ++second) {
    store->record(usage("a", second, 4));  // this gateway's part of the demand
    store->record(DemandFact{kStart + std::chrono::seconds(second), forecast.model, "", 10});
    store->record(DemandFact{kStart + std::chrono::seconds(second), forecast.model, "other", 99});
  }
  pass(*store, 70);
  // Twice the mean pinball loss over the levels: level·(10 − 8) for the ten quantiles of 8 (their
  // levels sum to 4.5 + 0.99), 0.05·(10 − 2) for q05, 0.05·(20 − 10) for q95.
  const double pinball = 2 * (2 * (4.5 + 0.99) + 0.05 * 8 + 0.05 * 10) / 12;
  const auto scored = store->query(
      "SELECT horizon_s, actual, error, absolute_error, covered, pinball FROM forecast_error "
      "ORDER BY time");
  ASSERT_TRUE(scored) << scored.error().message;
  ASSERT_EQ(scored->rows.size(), 2u) << "no second of the third step was recorded";
  EXPECT_EQ(scored->rows[0][0], 10.0);
  EXPECT_EQ(scored->rows[0][1], 10.0);
  EXPECT_EQ(scored->rows[0][2], -2.0);
  EXPECT_EQ(scored->rows[0][3], 2.0);
  EXPECT_EQ(scored->rows[0][4], true);
  EXPECT_NEAR(scored->rows[0][5].get<double>(), pinball, 1e-9);
  EXPECT_EQ(scored->rows[1][0], 20.0);
  EXPECT_EQ(scored->rows[1][4], false) << "all quantiles are 8";
  pass(*store, 200);
  EXPECT_EQ(ask(*store, "SELECT count(*) FROM forecast_error"), "[[2]]") << "once each";
}

TEST_F(TiersTest, PercentilesFromBucketsAreTheHistograms) {
  auto store = open();
  Rng rng(11);
  std::map<std::string, LatencyHistogram> whole;  // by model
  for (int model = 0; model < 40; ++model) {
    const std::string name = fmt::format("m{:02}", model);
    const std::uint64_t samples = 1 + rng.below(400);
    for (std::uint64_t i = 0; i < samples; ++i) {
      UsageFact fact = usage(name, static_cast<std::int64_t>(rng.below(59)), 1);
      fact.latency.add(1e-4 * std::exp(8 * rng.uniform()), 1 + rng.below(3));
      whole[name].merge(fact.latency);
      store->record(fact);
    }
  }
  // Seen as facts, and again when the minute is rolled up.
  for (const int second : {59, 120}) {
    pass(*store, second);
    const auto answer = store->query(
        "SELECT model, requests, p50_ms, p95_ms, p99_ms FROM latency_percentiles ORDER BY model");
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(answer->rows.size(), whole.size());
    auto row = answer->rows.begin();
    for (const auto& [name, histogram] : whole) {
      EXPECT_EQ((*row)[0], name);
      EXPECT_EQ((*row)[1], histogram.count());
      EXPECT_NEAR((*row)[2], histogram.quantile(0.50) * 1000, 1e-6);
      EXPECT_NEAR((*row)[3], histogram.quantile(0.95) * 1000, 1e-6);
      EXPECT_NEAR((*row)[4], histogram.quantile(0.99) * 1000, 1e-6);
      ++row;
    }
  }
}

}  // namespace
}  // namespace starling::history
