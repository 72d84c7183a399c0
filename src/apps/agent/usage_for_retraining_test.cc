// The query that retraining reads the history with: rates by ten seconds, gaps left out.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "apps/agent/usage_for_retraining.sql.h"
#include "history/store.h"

namespace starling::agent {
namespace {

TEST(UsageForRetraining, GivesRatesByTenSecondsAndNoRowForAGap) {
  const auto file = std::filesystem::path(testing::TempDir()) / "usage_for_retraining.duckdb";
  std::filesystem::remove(file);
  {
    const auto store = history::Store::open(file.string(), {"c", "r", "z", "n"}).value();
    const TimePoint start = from_unix_seconds(1'700'000'000);
    for (int second = 0; second < 60; ++second) {
      if (second >= 20 && second < 30) continue;
      for (const std::string version : {"1", "2"}) {
        history::UsageFact usage;
        usage.time = start + second * 1s;
        usage.model = {"tenant", "model", version};
        usage.arrivals = second < 20 ? 4 : 10;
        store->record(usage);
      }
    }
    ASSERT_TRUE(store->flush());
    const auto rows = store->query(std::string(kUsageForRetrainingSql)).value().rows;
    std::map<std::int64_t, double> rates;
    for (const auto& row : rows) {
      EXPECT_EQ(row[0], "tenant/model");
      rates[row[1].get<std::int64_t>() - 170'000'000] = row[2].get<double>();
    }
    EXPECT_EQ(rows.size(), 4U) << "neither the gap nor the newest step, which may be unfinished";
    EXPECT_EQ(rates, (std::map<std::int64_t, double>{{0, 8}, {1, 8}, {3, 20}, {4, 20}}));
  }
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace starling::agent
