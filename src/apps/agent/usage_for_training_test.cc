// What training reads of the history: rates by ten seconds, gaps unknown.
#include "apps/agent/usage_for_training.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace starling::agent {
namespace {

TEST(UsageForTraining, GivesRatesByTenSecondsAndLeavesAGapUnknown) {
  const auto file = std::filesystem::path(testing::TempDir()) / "usage_for_training.duckdb";
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
    const auto usage = usage_for_training(*store).value();
    ASSERT_EQ(usage.size(), 1U);
    EXPECT_EQ(usage[0].workload, "tenant/model");
    EXPECT_EQ(usage[0].start, start);
    EXPECT_EQ(usage[0].step, 10s);
    EXPECT_EQ(usage[0].values, (std::vector<double>{8, 8, 0, 20, 20}))
        << "not the newest step, which may be unfinished";
    EXPECT_EQ(usage[0].present, (std::vector<std::uint8_t>{1, 1, 0, 1, 1}));
  }
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace starling::agent
