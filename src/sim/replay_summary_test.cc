// Means over seeds, and the agreed keys of a replay's JSON.
#include "sim/replay_summary.h"

#include <gtest/gtest.h>

#include "base/seed_mean.h"

namespace starling {
namespace {

ReplayOutcome outcome(double attainment, std::uint64_t requests) {
  ReplayOutcome one;
  one.policy = "hpa";
  one.slo_attainment = attainment;
  one.requests = requests;
  one.latency_p99_ms = 700;
  return one;
}

TEST(ReplaySummary, AnIntervalIsStudents) {
  const SeedMean mean = seed_mean({1, 2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(mean.mean, 3);
  EXPECT_NEAR(mean.half_width, 2.776 * 1.5811388 / 2.236068, 1e-4) << "t₄ · s / √5";
  EXPECT_EQ(seed_mean({7}).half_width, 0);
}

TEST(ReplaySummary, TheTableShowsIntervalsOfSeveralSeeds) {
  EXPECT_NE(replay_table({{outcome(0.98, 1000), outcome(1, 1100)}}).find("99.00 ±12.71"),
            std::string::npos);
  EXPECT_EQ(replay_table({{outcome(0.98, 1000)}}).find("±"), std::string::npos);
}

TEST(ReplaySummary, RejectionsHaveColumnsOnlyWhereAModelRejects) {
  EXPECT_EQ(replay_table({{outcome(0.98, 1000)}}).find("REJECTED"), std::string::npos);
  ReplayOutcome rejecting = outcome(0.6, 1000);
  rejecting.admission = true;
  rejecting.rejected = 300;
  rejecting.slo_attainment_admitted = 600.0 / 700;
  const std::string table = replay_table({{rejecting}});
  EXPECT_NE(table.find("REJECTED  ADMITTED MET %"), std::string::npos) << table;
  EXPECT_NE(table.find("85.71"), std::string::npos) << table;
  const auto json = replay_json("s", 42, {{rejecting}});
  EXPECT_EQ(json["policies"][0]["rejected"].dump(), "300");
}

TEST(ReplaySummary, OneSeedHasTheFiguresThemselves) {
  const auto json = replay_json("s", 42, {{outcome(0.99, 1000)}});
  EXPECT_EQ(json["policies"][0]["requests"].dump(), "1000");
  EXPECT_EQ(json["policies"][0]["latency_ms"]["p99"], 700);
  EXPECT_FALSE(json["policies"][0].contains("slo_attainment_ci"));
  EXPECT_FALSE(json.contains("seeds"));
}

TEST(ReplaySummary, SeveralSeedsHaveMeansAndIntervals) {
  const auto json = replay_json("s", 42, {{outcome(0.98, 1000), outcome(1, 1100)}});
  const auto& row = json["policies"][0];
  EXPECT_EQ(json["seeds"], 2);
  EXPECT_DOUBLE_EQ(row["slo_attainment"], 0.99);
  EXPECT_EQ(row["requests"], 1050);
  EXPECT_NEAR(row["slo_attainment_ci"][1].get<double>(), 0.99 + 12.706 * 0.01, 1e-6);
  EXPECT_TRUE(row["latency_ms"].contains("p99_ci"));
}

}  // namespace
}  // namespace starling
