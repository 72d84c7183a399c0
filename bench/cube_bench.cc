// The cube beside bare DuckDB on the same tables in the same run, a dashboard's question, and the
// merge of a fleet's partial aggregates.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <stdexcept>

#include "history/cube_merge.h"
#include "history/cube_query.h"
#include "history/cube_result.h"
#include "history/schema.h"
#include "sql/database.h"

namespace starling::history {
namespace {

constexpr CubeLimits kLimits{.time_max = 60s};

void require(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message);
}

template <typename T>
T require(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

Cube cube_of(const char* body) {
  return require(parse_cube(nlohmann::json::parse(body), require(parse_iso8601("2026-01-31"))));
}

sql::Database history_with(const std::string& statements) {
  auto database = require(sql::Database::open("", {.threads = 2, .memory_bytes = 4LL << 30}));
  auto connection = require(database.connect());
  require(create_schema(connection));
  require(connection.execute(
      "INSERT INTO dim_model SELECT i, 'tenant-' || i % 5, 'model-' || i, '1' FROM range(100) t(i);"
      "INSERT INTO dim_place SELECT i, 'cloud-' || i % 3, 'region-' || i % 6, 'zone-' || i % 12, "
      "'node-' || i FROM range(50) t(i);" +
      statements));
  return database;
}

/// 10 M facts of one day: 50 models on 5 nodes, a row a model, node and some two seconds.
const sql::Database& ten_million_facts() {
  static const sql::Database database = history_with(
      "INSERT INTO fact_usage SELECT TIMESTAMP '2026-01-30' + to_microseconds(i // 250 * 2160000), "
      "i % 50, i // 50 % 5, i % 7, i % 7, i % 3 // 2, i % 5, i % 4, 0, i % 90, 2, 0.5, 1 "
      "FROM range(10000000) t(i)");
  return database;
}

constexpr const char* kThreeDimensions =
    R"({"measures": ["requests", "completed", "failed"], "rows": ["cloud", "model"],
        "columns": ["hour"], "since": "24h", "rollup": true})";

void cube_of_ten_million_facts(benchmark::State& state) {
  const Cube cube = cube_of(kThreeDimensions);
  const sql::Database& facts = ten_million_facts();
  for (auto _ : state) {
    const auto partial = require(run_cube(facts, cube, kLimits));
    benchmark::DoNotOptimize(require(make_table(cube, partial)));
  }
}

/// The same groups as a person would write them: the joins, date_trunc(), GROUPING SETS.
constexpr const char* kByHand =
    "SELECT cloud, model, date_trunc('hour', time) AS hour, sum(arrivals), sum(completed), "
    "sum(failed) "
    "FROM fact_usage JOIN dim_model USING (model_id) JOIN dim_place USING (place_id) "
    "WHERE time >= TIMESTAMP '2026-01-30' AND time < TIMESTAMP '2026-01-31' GROUP BY ";

void run_by_hand(benchmark::State& state, const char* groups) {
  auto connection = require(ten_million_facts().connect());
  for (auto _ : state) {
    auto rows = require(connection.query(std::string(kByHand) + groups));
    while (require(rows.next())) {
    }
  }
}

void bare_duckdb_group_by(benchmark::State& state) { run_by_hand(state, "1, 2, 3"); }
void bare_duckdb_grouping_sets(benchmark::State& state) {
  run_by_hand(state, "GROUPING SETS ((1, 2, 3), (1, 2), (1, 3), (1), (3), ())");
}

/// 24 h of 100 models on 50 nodes, in one history: the hours rolled up, the last one still in
/// minutes.
const sql::Database& dashboard_history() {
  static const sql::Database database = history_with(
      "INSERT INTO tier_usage_hour SELECT TIMESTAMP '2026-01-30' + to_hours(i // 5000), i % 100, "
      "i // 100 % 50, i % 900, i % 900, i % 3, i % 800, 1.5, 0, i % 9000, 2, 0.5, 3600, 3, 4 "
      "FROM range(5000 * 23) t(i);"
      "INSERT INTO tier_usage_minute SELECT TIMESTAMP '2026-01-30 23:00' + to_minutes(i // 5000), "
      "i % 100, i // 100 % 50, i % 90, i % 90, i % 3, i % 80, 1.5, 0, i % 900, 2, 0.5, 60, 3, 4 "
      "FROM range(5000 * 60) t(i);"
      "INSERT INTO tier_cost_hour SELECT TIMESTAMP '2026-01-30' + to_hours(i // 5000), i % 100, "
      "i // 100 % 50, 7200, 14400, 900, 0.2, 3600 FROM range(5000 * 23) t(i);"
      "INSERT INTO tier_state VALUES ('tier_usage_hour', '2026-01-30 23:00'), "
      "('tier_usage_minute', '2026-01-31'), ('tier_cost_hour', '2026-01-30 23:00')");
  return database;
}

constexpr const char* kDashboard =
    R"({"measures": ["requests", "slo_attainment", "mean_latency", "cost"], "rows": ["model"],
        "columns": ["hour"], "since": "24h"})";

void dashboard(benchmark::State& state) {
  const Cube cube = cube_of(kDashboard);
  const sql::Database& history = dashboard_history();
  for (auto _ : state) {
    const auto partial = require(run_cube(history, cube, kLimits));
    benchmark::DoNotOptimize(to_json(cube, require(make_table(cube, partial))));
  }
}

void bare_duckdb_dashboard(benchmark::State& state) {
  auto connection = require(dashboard_history().connect());
  for (auto _ : state) {
    auto rows = require(connection.query(
        "WITH u AS (SELECT time, model_id, arrivals, within_slo, completed + failed AS answered, "
        "latency_sum_ms, completed FROM tier_usage_hour UNION ALL SELECT time, model_id, arrivals, "
        "within_slo, completed + failed, latency_sum_ms, completed FROM tier_usage_minute), "
        "a AS (SELECT model, date_trunc('hour', time) AS hour, sum(arrivals) AS requests, "
        "sum(within_slo) / sum(answered) AS slo, sum(latency_sum_ms) / sum(completed) AS latency "
        "FROM u JOIN dim_model USING (model_id) GROUP BY ALL), "
        "b AS (SELECT model, date_trunc('hour', time) AS hour, sum(cost) AS cost "
        "FROM tier_cost_hour JOIN dim_model USING (model_id) GROUP BY ALL) "
        "SELECT * FROM a LEFT JOIN b USING (model, hour) ORDER BY model, hour"));
    while (require(rows.next())) {
    }
  }
}

/// What one of 50 nodes sends: 100 models by 24 hours, with latencies in some 60 buckets each.
CubePartial partial_of_node(const Cube& cube, int node, bool with_latency) {
  CubePartial partial;
  for (const auto* dimension : cube.keys()) partial.keys.push_back({dimension, {}, {}});
  for (int i = 0; i < 100; ++i)
    partial.keys[0].values.emplace_back("model-" + std::to_string((i + node) % 100));
  for (std::int64_t h = 0; h < 24; ++h) partial.keys[1].values.emplace_back(h * 3'600'000'000);
  for (std::uint32_t g = 0; g < 2400; ++g) {
    partial.keys[0].codes.push_back(g % 100);
    partial.keys[1].codes.push_back(g / 100);
    for (const Fact fact : cube.facts()) {
      for (const auto* column : partial_columns_of(cube, fact))
        partial.sums[std::string(column->name)].push_back(g % 77);
    }
    if (!with_latency) continue;
    auto& latency = partial.latency.emplace_back();
    for (std::uint32_t b = 0; b < 60; ++b) latency.add(static_cast<int>(550 + g % 20 + b), b + 1);
  }
  partial.groups = 2400;
  return partial;
}

void merge_of_50_nodes(benchmark::State& state) {
  const bool with_latency = state.range(0) != 0;
  const Cube cube = cube_of(
      with_latency
          ? R"({"measures": ["requests", "slo_attainment", "p99_latency"], "rows": ["model"], "columns": ["hour"]})"
          : kDashboard);
  std::vector<CubePartial> partials;
  for (int node = 0; node < 50; ++node)
    partials.push_back(partial_of_node(cube, node, with_latency));
  for (auto _ : state) benchmark::DoNotOptimize(require(merge(partials, kLimits)));
}

/// Reading what one node sent, which happens as each answer comes in.
void decode_of_one_partial(benchmark::State& state) {
  const bool with_latency = state.range(0) != 0;
  const Cube cube = cube_of(
      with_latency
          ? R"({"measures": ["requests", "slo_attainment", "p99_latency"], "rows": ["model"], "columns": ["hour"]})"
          : kDashboard);
  const std::string text = to_json(partial_of_node(cube, 0, with_latency)).dump();
  for (auto _ : state)
    benchmark::DoNotOptimize(
        require(partial_from_json(nlohmann::json::parse(text), cube, kLimits)));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

double p95(const std::vector<double>& times) {
  auto sorted = times;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() * 95 / 100];
}

BENCHMARK(cube_of_ten_million_facts)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK(bare_duckdb_group_by)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK(bare_duckdb_grouping_sets)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK(dashboard)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Iterations(1)
    ->Repetitions(40)
    ->ComputeStatistics("p95", p95)
    ->ReportAggregatesOnly();
BENCHMARK(bare_duckdb_dashboard)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Iterations(1)
    ->Repetitions(40)
    ->ComputeStatistics("p95", p95)
    ->ReportAggregatesOnly();
BENCHMARK(merge_of_50_nodes)->Arg(0)->Arg(1)->ArgName("latencies")->Unit(benchmark::kMillisecond);
BENCHMARK(decode_of_one_partial)
    ->Arg(0)
    ->Arg(1)
    ->ArgName("latencies")
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace starling::history

BENCHMARK_MAIN();
