#include "history/cube_query.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "history/cube_facts_for_tests.h"
#include "history/cube_result.h"
#include "history/cube_sql.h"

namespace starling::history {
namespace {

using testing::HasSubstr;

const TimePoint kDay = *parse_iso8601("2026-01-30");

CubePartial partial_of(const CubeHistory& history, const Cube& cube) {
  auto partial = run_cube(history.database(), cube, {.time_max = 60s});
  if (!partial) throw std::runtime_error(partial.error().message);
  return *partial;
}

CubeTable table_of(const CubeHistory& history, const Cube& cube) {
  return *make_table(cube, partial_of(history, cube));
}

TEST(CubeQuery, AnEmptyHistoryHasNoGroups) {
  const CubeHistory history;
  const auto cube = cube_of(
      R"({"measures": ["requests", "p99_latency", "active_models", "node_cpu"], "columns": ["hour"]})");
  EXPECT_EQ(partial_of(history, cube).groups, 0u);
}

TEST(CubeQuery, EveryMeasureAnswers) {
  CubeHistory history;
  Rng rng(1);
  history.fill(kDay, 10, 1s, rng);
  for (const auto& measure : measures()) {
    auto cube = cube_of(R"({"measures": "requests", "rows": ["cloud", "hour"], "since": "48h"})");
    cube.measures = {&measure};
    const auto partial = run_cube(history.database(), cube, {.time_max = 60s});
    EXPECT_TRUE(partial) << measure.name << ": " << partial.error().message;
  }
}

TEST(CubeQuery, SlicesDicesAndBindsItsValues) {
  CubeHistory history;
  require(history.connection().execute(
      "INSERT INTO fact_usage VALUES"
      "('2026-01-31 11:00:00', 1, 1, 10, 8, 2, 6, 1, 0, 80, 1, 0.5, 1),"
      "('2026-01-31 11:00:00', 2, 1, 20, 20, 0, NULL, 3, 0, 400, 2, 1, 1),"
      "('2026-01-31 11:00:00', 1, 3, 40, 40, 0, 40, 5, 1, 40, 4, 2, 1),"
      "('2026-01-30 11:59:59', 1, 3, 1000, 1000, 0, 0, 5, 1, 0, 4, 2, 1),"    // a second too old
      "('2026-01-31 12:00:00', 1, 3, 1000, 1000, 0, 0, 5, 1, 0, 4, 2, 1)"));  // not before `until`
  const auto all =
      table_of(history, cube_of(R"({"measures": ["requests", "error_rate", "slo_attainment",
      "mean_latency", "in_flight", "arrival_rate"], "rows": ["cloud"]})"));
  ASSERT_EQ(all.rows.size(), 2u);
  EXPECT_EQ(all.rows[0].values, (std::vector<double>{30, 2.0 / 30, 6.0 / 10, 480.0 / 28, 4, 30}));
  EXPECT_EQ(all.rows[1].values, (std::vector<double>{40, 0, 1, 1, 5, 40}));
  const auto requests = [&](const char* where) {
    auto cube = cube_of(R"({"measures": ["requests"]})");
    cube.filter = *parse_filter(where);
    return table_of(history, cube).rows.at(0).values.at(0);
  };
  EXPECT_EQ(requests("tenant=demo"), 50);
  EXPECT_EQ(requests("tenant=demo and cloud!=aws"), 40);
  EXPECT_EQ(requests("node in (n1, n2)"), 30);
  EXPECT_EQ(requests("hour_of_day>=11 and weekday=6"), 70);
  EXPECT_EQ(requests("hour=2026-01-31T11:30 and model not in (digits)"), 20);
  EXPECT_TRUE(std::isnan(requests("model='digits'' OR true --'")));
}

TEST(CubeQuery, MeasuresOfSeveralFactsShareTheirGroups) {
  CubeHistory history;
  require(history.connection().execute(
      "INSERT INTO fact_usage VALUES ('2026-01-31 11:00:00', 1, 1, 9, 500, 0, 6, 1, 0, 80, 1, 1.5, "
      "10);"
      "INSERT INTO fact_cost VALUES ('2026-01-31 11:00:00', 1, 1, 20, 30, 1, 0.25, 10),"
      "                             ('2026-01-31 11:00:00', 1, 2, 20, 30, 1, 0.75, 10)"));
  const auto table = table_of(
      history,
      cube_of(
          R"({"measures": ["cost_per_1k_requests", "utilization", "requests"], "rows": ["node"]})"));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].values, (std::vector<double>{0.5, 0.5, 9}));
  EXPECT_TRUE(std::isnan(table.rows[1].values[2])) << "n2 has cost, but no usage";
}

TEST(CubeQuery, TooManyGroupsAreRefusedWithAWayOut) {
  CubeHistory history;
  Rng rng(1);
  history.fill(kDay + 20h, 20, 1s, rng);
  const auto partial =
      run_cube(history.database(), cube_of(R"({"measures": ["requests"], "rows": ["second"]})"),
               {.groups_max = 19, .time_max = 60s});
  ASSERT_FALSE(partial);
  EXPECT_EQ(partial.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(partial.error().message, HasSubstr("coarser time"));
}

RC_GTEST_PROP(CubeSql, SegmentsCoverTheTimeOnce, ()) {
  const auto moment = [&] {
    return kDay + Duration(*rc::gen::inRange<std::int64_t>(0, 86'400'000'000));
  };
  const TimePoint since = moment();
  const TimePoint until = since + Duration(*rc::gen::inRange<std::int64_t>(1, 86'400'000'000));
  const Watermarks watermarks{{"tier_usage_minute", moment()}, {"tier_usage_hour", moment()}};
  const Tier tier = static_cast<Tier>(*rc::gen::inRange(0, 3));
  TimePoint at = since;
  for (const auto& segment : segments(Fact::kUsage, tier, since, until, watermarks)) {
    RC_ASSERT(segment.since == at);
    RC_ASSERT(segment.until > at);
    at = segment.until;
    if (segment.table == "fact_usage") continue;
    const Duration unit = segment.table == "tier_usage_hour" ? Duration(1h) : Duration(1min);
    RC_ASSERT(segment.since.time_since_epoch() % unit == Duration(0));
    RC_ASSERT(segment.until.time_since_epoch() % unit == Duration(0));
    RC_ASSERT(segment.until <= watermarks.at(std::string(segment.table)));
  }
  RC_ASSERT(at == until);
}

void expect_same(const CubeTable& a, const CubeTable& b) {
  EXPECT_EQ(a.columns, b.columns);
  ASSERT_EQ(a.rows.size(), b.rows.size());
  for (std::size_t i = 0; i < a.rows.size(); ++i) {
    EXPECT_EQ(a.rows[i].keys, b.rows[i].keys);
    for (std::size_t j = 0; j < a.rows[i].values.size(); ++j) {
      const double x = a.rows[i].values[j], y = b.rows[i].values[j];
      if (std::isnan(x) && std::isnan(y)) continue;
      EXPECT_NEAR(x, y, 1e-9 * std::max(1.0, std::abs(x)));
    }
  }
}

TEST(CubeQuery, TiersAnswerAsTheRawFactsDo) {
  CubeHistory raw, tiered;
  for (auto* history : {&raw, &tiered}) {
    Rng rng(7);
    history->fill(kDay + 8h + 13min + 7s, 1400, 10s, rng);  // until about 12:06
  }
  tiered.roll_up_until(kDay + 12h + 4min, kDay + 12h);
  for (
      const char* body :
      {R"({"measures": ["requests", "p95_latency", "cost", "replicas", "arrival_rate"],
            "rows": ["cloud", "model"], "columns": ["hour"], "since": "2026-01-30T08:31:23", "until":
            "2026-01-30T12:05:31", "rollup": true})",
       R"({"measures": ["in_flight", "queued", "cpu_cores", "utilization", "active_models"], "rows": ["tenant"],
            "columns": ["day"], "where": "hour_of_day>=9 and cloud=gcp", "since": "2026-01-30"})",
       R"({"measures": ["requests", "p50_latency", "slo_attainment"], "rows": ["minute"], "since":
            "2026-01-30T08:59:59.5", "until": "2026-01-30T10:00:00.25"})"}) {
    const auto cube = cube_of(body);
    expect_same(table_of(raw, cube), table_of(tiered, cube));
  }
  // The tiers are asked, not merely agreed with: without them the answer is another.
  require(tiered.connection().execute("DELETE FROM tier_usage_hour"));
  const auto cube =
      cube_of(R"({"measures": ["requests"], "since": "2026-01-30", "until": "2026-01-31"})");
  EXPECT_GT(table_of(raw, cube).rows[0].values[0], 2 * table_of(tiered, cube).rows[0].values[0]);
}

}  // namespace
}  // namespace starling::history
