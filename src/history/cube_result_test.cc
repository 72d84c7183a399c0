#include "history/cube_result.h"

#include <gtest/gtest.h>

#include <cmath>

#include "history/cube_facts_for_tests.h"
#include "history/cube_query.h"

namespace starling::history {
namespace {

using Json = nlohmann::json;

/// The same table as DuckDB's own GROUPING SETS give it: keys to values.
std::map<std::string, double> from_duckdb(CubeHistory& history, const std::string& select) {
  auto rows = history.connection().query(select);
  if (!rows) throw std::runtime_error(rows.error().message);
  std::map<std::string, double> cells;
  while (auto chunk = *rows->next()) {
    for (std::size_t r = 0; r < chunk->rows(); ++r) {
      std::string key;
      for (std::size_t c = 0; c < 3; ++c)
        key += chunk->is_null(r, c) ? "all " : std::string(chunk->text(r, c)) + " ";
      cells[key] = chunk->number(r, 3);
    }
  }
  return cells;
}

TEST(CubeResult, SubtotalsAndTotalsAreThoseOfGroupingSets) {
  CubeHistory history;
  Rng rng(3);
  history.fill(*parse_iso8601("2026-01-31T08:30:00Z"), 400, 20s, rng);
  const auto cube = cube_of(
      R"({"measures": "requests", "rows": ["cloud", "node"], "columns": ["tenant"], "rollup": true})");
  const auto partial = run_cube(history.database(), cube, {.time_max = 60s});
  ASSERT_TRUE(partial) << partial.error().message;
  const auto json = to_json(cube, *make_table(cube, *partial));
  std::map<std::string, double> ours;
  const auto text = [](const Json& key) {
    return (key.is_null() ? "all" : key.get<std::string>()) + " ";
  };
  for (const auto& row : json["table"]) {
    for (std::size_t c = 0; c < row["values"].size(); ++c) {
      ours[text(row["keys"][0]) + text(row["keys"][1]) + text(json["column_keys"][c][0])] =
          row["values"][c][0];
    }
  }
  EXPECT_EQ(ours,
            from_duckdb(
                history,
                "SELECT cloud, node, tenant, sum(arrivals) FROM fact_usage JOIN dim_model "
                "USING (model_id) JOIN dim_place USING (place_id) GROUP BY GROUPING SETS "
                "((cloud, node, tenant), (cloud, node), (cloud, tenant), (cloud), (tenant), ())"));
}

CubePartial groups(std::vector<std::pair<const char*, double>> clouds) {
  CubePartial partial;
  partial.keys.push_back({find_dimension("cloud"), {}, {}});
  for (const auto& [cloud, requests] : clouds) {
    partial.keys[0].values.emplace_back(cloud);
    partial.keys[0].codes.push_back(static_cast<std::uint32_t>(partial.groups++));
    partial.sums["arrivals"].push_back(requests);
  }
  return partial;
}

TEST(CubeResult, IsSortedWithTotalsLast) {
  const auto cube = cube_of(R"({"measures": "requests", "rows": ["cloud"], "rollup": true})");
  const auto table = make_table(cube, groups({{"gcp", 3}, {"aws", 1}, {"azure", std::nan("")}}));
  const auto json = to_json(cube, *table);
  EXPECT_EQ(json["table"], Json::parse(R"([{"keys": ["aws"], "values": [[1.0]]},
      {"keys": ["azure"], "values": [[null]]}, {"keys": ["gcp"], "values": [[3.0]]},
      {"keys": [null], "values": [[4.0]]}])"));
  EXPECT_EQ(json["column_keys"], Json::parse("[[]]"));
  EXPECT_EQ(json["measures"], Json::parse(R"([{"name": "requests", "unit": "requests"}])"));
  EXPECT_FALSE(json["truncated"].get<bool>());
}

TEST(CubeResult, TheLimitKeepsTheGrandTotal) {
  const auto cube =
      cube_of(R"({"measures": "requests", "rows": ["cloud"], "rollup": true, "limit": 2})");
  const auto json = to_json(cube, *make_table(cube, groups({{"a", 1}, {"b", 2}, {"c", 3}})));
  EXPECT_EQ(
      json["table"],
      Json::parse(R"([{"keys": ["a"], "values": [[1.0]]}, {"keys": [null], "values": [[6.0]]}])"));
  EXPECT_TRUE(json["truncated"].get<bool>());
  EXPECT_EQ(json["rows_total"], 4);
}

TEST(CubeResult, ARatioOfNothingIsNothing) {
  const auto cube = cube_of(R"({"measures": "error_rate"})");
  CubePartial partial;
  partial.groups = 1;
  partial.sums = {{"failed", {0}}, {"answered", {0}}};
  EXPECT_TRUE(std::isnan(make_table(cube, partial)->rows[0].values[0]));
}

}  // namespace
}  // namespace starling::history
