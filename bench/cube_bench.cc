// The cube beside bare DuckDB on the same tables in the same run, a dashboard's question, and the
// merge of a fleet's partial aggregates.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <future>
#include <numeric>
#include <stdexcept>

#include "history/cube_merge.h"
#include "history/cube_partial_codec.h"
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

/// 24 h of 100 models on so many nodes, in one history: the hours rolled up, the last one still in
/// minutes. An hour of a model on a node has latencies in 30 buckets (a range of 1 : 1.8), a minute
/// in 8.
sql::Database day_of(int nodes) {
  return history_with(fmt::format(
      "INSERT INTO tier_usage_hour SELECT TIMESTAMP '2026-01-30' + to_hours(i // {0}), i % 100, "
      "i // 100 % {1}, i % 900, i % 900, i % 3, i % 800, 1.5, 0, i % 9000, 2, 0.5, 3600, 3, 4 "
      "FROM range({0} * 23) t(i);"
      "INSERT INTO tier_usage_minute SELECT TIMESTAMP '2026-01-30 23:00' + to_minutes(i // {0}), "
      "i % 100, i // 100 % {1}, i % 90, i % 90, i % 3, i % 80, 1.5, 0, i % 900, 2, 0.5, 60, 3, 4 "
      "FROM range({0} * 60) t(i);"
      "INSERT INTO tier_latency_hour SELECT TIMESTAMP '2026-01-30' + to_hours(i // {0}), i % 100, "
      "i // 100 % {1}, 540 + i % 20 + b, 1 + (i + b) % 30 FROM range({0} * 23) t(i), range(30) "
      "b(b) ORDER BY ALL;"
      "INSERT INTO tier_latency_minute SELECT TIMESTAMP '2026-01-30 23:00' + to_minutes(i // {0}), "
      "i % 100, i // 100 % {1}, 540 + i % 20 + 3 * b, 1 + (i + b) % 9 "
      "FROM range({0} * 60) t(i), range(8) b(b) ORDER BY ALL;"
      "INSERT INTO tier_cost_hour SELECT TIMESTAMP '2026-01-30' + to_hours(i // {0}), i % 100, "
      "i // 100 % {1}, 7200, 14400, 900, 0.2, 3600 FROM range({0} * 23) t(i);"
      "INSERT INTO tier_state VALUES ('tier_usage_hour', '2026-01-30 23:00'), "
      "('tier_usage_minute', '2026-01-31'), ('tier_latency_hour', '2026-01-30 23:00'), "
      "('tier_latency_minute', '2026-01-31'), ('tier_cost_hour', '2026-01-30 23:00')",
      100 * nodes, nodes));
}

const sql::Database& dashboard_history() {
  static const sql::Database database = day_of(50);
  return database;
}

constexpr const char* kDashboard =
    R"({"measures": ["requests", "slo_attainment", "mean_latency", "p99_latency", "cost"],
        "rows": ["model"], "columns": ["hour"], "since": "24h"})";

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
        "FROM tier_cost_hour JOIN dim_model USING (model_id) GROUP BY ALL), "
        "l AS (SELECT model_id, date_trunc('hour', time) AS hour, bucket, sum(count) AS count FROM "
        "(FROM tier_latency_hour UNION ALL FROM tier_latency_minute) GROUP BY ALL), "
        "r AS (SELECT *, sum(count) OVER (PARTITION BY model_id, hour ORDER BY bucket) AS seen, "
        "sum(count) OVER (PARTITION BY model_id, hour) AS requests FROM l), "
        "c AS (SELECT model, hour, min(bucket) FILTER (seen > floor(0.99 * (requests - 1))) AS p99 "
        "FROM r JOIN dim_model USING (model_id) GROUP BY ALL) "
        "SELECT * FROM a LEFT JOIN b USING (model, hour) LEFT JOIN c USING (model, hour) "
        "ORDER BY model, hour"));
    while (require(rows.next())) {
    }
  }
}

constexpr int kNodes = 50;

/// The same as a fleet answers it: each node has the day of its own gateway, and the one that is
/// asked works out its own part while it reads and merges the answers of 49 others.
void dashboard_of_a_fleet(benchmark::State& state) {
  static const sql::Database own = day_of(1);
  const Cube cube = cube_of(kDashboard);
  const std::string sent = encode(require(run_cube(own, cube, kLimits)));
  for (auto _ : state) {
    auto part = std::async(std::launch::async, [&] { return run_cube(own, cube, kLimits); });
    CubeMerge merge(kLimits);
    for (int node = 1; node < kNodes; ++node)
      require(merge.add(require(decode_partial(sent, cube, kLimits))));
    require(merge.add(require(part.get())));
    benchmark::DoNotOptimize(to_json(cube, require(make_table(cube, merge.take()))));
  }
}

/// The first step of it alone: a node's part from its own history.
void dashboard_part_of_a_node(benchmark::State& state) {
  static const sql::Database own = day_of(1);
  const Cube cube = cube_of(kDashboard);
  for (auto _ : state) benchmark::DoNotOptimize(require(run_cube(own, cube, kLimits)));
}

constexpr int kBuckets = 60;

/// What one of 50 nodes sends: 100 models by 24 hours, with latencies in 60 buckets each.
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
        partial.sums[std::string(column->name)].push_back(g * 7 % 770);
    }
    if (!with_latency) continue;
    const auto counts = partial.latency.append(static_cast<int>(550 + g % 20), kBuckets);
    std::iota(counts.begin(), counts.end(), 1u);
  }
  partial.groups = 2400;
  return partial;
}

Cube merged_cube(bool with_latency) {
  return cube_of(with_latency ? R"({"measures": ["requests", "slo_attainment", "p99_latency"],
                                    "rows": ["model"], "columns": ["hour"]})"
                              : R"({"measures": ["requests", "slo_attainment", "mean_latency"],
                                    "rows": ["model"], "columns": ["hour"]})");
}

// Argument of all: 1 with latency histograms, 0 with sums alone.

void merge_of_50_nodes(benchmark::State& state) {
  const Cube cube = merged_cube(state.range(0) != 0);
  std::vector<CubePartial> partials;
  for (int node = 0; node < kNodes; ++node)
    partials.push_back(partial_of_node(cube, node, state.range(0) != 0));
  for (auto _ : state) benchmark::DoNotOptimize(require(merge(partials, kLimits)));
}

/// From the bytes that came in, one node's after the other's.
void decode_and_merge_of_50_nodes(benchmark::State& state) {
  const Cube cube = merged_cube(state.range(0) != 0);
  std::vector<std::string> sent;
  std::size_t size = 0;
  for (int node = 0; node < kNodes; ++node) {
    sent.push_back(encode(partial_of_node(cube, node, state.range(0) != 0)));
    size += sent.back().size();
  }
  for (auto _ : state) {
    CubeMerge merge(kLimits);
    for (const auto& bytes : sent)
      require(merge.add(require(decode_partial(bytes, cube, kLimits))));
    benchmark::DoNotOptimize(merge.take());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

/// The same groups in a table a node, added up by DuckDB.
void bare_duckdb_merge_of_50_tables(benchmark::State& state) {
  const bool with_latency = state.range(0) != 0;
  auto database = require(sql::Database::open("", {.threads = 2, .memory_bytes = 4LL << 30}));
  auto connection = require(database.connect());
  std::string sums, buckets;
  for (int node = 0; node < kNodes; ++node) {
    require(connection.execute(fmt::format(
        "CREATE TABLE s{0} AS SELECT 'model-' || (i + {0}) % 100 AS model, i // 100 AS hour, "
        "i * 7 % 770 AS arrivals, i * 7 % 770 AS within_slo, i * 7 % 770 AS judged "
        "FROM range(2400) t(i);"
        "CREATE TABLE l{0} AS SELECT 'model-' || (i + {0}) % 100 AS model, i // 100 AS hour, "
        "(550 + i % 20 + b)::SMALLINT AS bucket, b + 1 AS count "
        "FROM range(2400) t(i), range({1}) b(b)",
        node, kBuckets)));
    sums += fmt::format("{}FROM s{}", node == 0 ? "" : " UNION ALL ", node);
    buckets += fmt::format("{}FROM l{}", node == 0 ? "" : " UNION ALL ", node);
  }
  const auto run = [&](const std::string& statement) {
    auto rows = require(connection.query(statement));
    while (require(rows.next())) {
    }
  };
  for (auto _ : state) {
    run("SELECT model, hour, sum(arrivals), sum(within_slo), sum(judged) FROM (" + sums +
        ") GROUP BY ALL");
    if (with_latency)
      run("SELECT model, hour, bucket, sum(count) FROM (" + buckets + ") GROUP BY ALL");
  }
}

double p95(const std::vector<double>& times) {
  auto sorted = times;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() * 95 / 100];
}

void settings(benchmark::internal::Benchmark* bench) {
  bench->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
}

void percentile_settings(benchmark::internal::Benchmark* bench) {
  settings(bench);
  bench->Iterations(1)->Repetitions(40)->ComputeStatistics("p95", p95)->ReportAggregatesOnly();
}

BENCHMARK(cube_of_ten_million_facts)->Apply(settings);
BENCHMARK(bare_duckdb_group_by)->Apply(settings);
BENCHMARK(bare_duckdb_grouping_sets)->Apply(settings);
BENCHMARK(dashboard)->Apply(percentile_settings);
BENCHMARK(bare_duckdb_dashboard)->Apply(percentile_settings);
BENCHMARK(dashboard_of_a_fleet)->Apply(percentile_settings);
BENCHMARK(dashboard_part_of_a_node)->Apply(percentile_settings);
BENCHMARK(merge_of_50_nodes)->ArgName("latencies")->Arg(0)->Arg(1)->Apply(settings);
BENCHMARK(decode_and_merge_of_50_nodes)->ArgName("latencies")->Arg(0)->Arg(1)->Apply(settings);
BENCHMARK(bare_duckdb_merge_of_50_tables)->ArgName("latencies")->Arg(0)->Arg(1)->Apply(settings);

}  // namespace
}  // namespace starling::history

BENCHMARK_MAIN();
