// Rows a second into the history, beside what DuckDB's bare appender does with the same rows.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "history/store.h"
#include "sql/appender.h"
#include "sql/database.h"

namespace starling::history {
namespace {

constexpr std::int64_t kRows = 100'000;
constexpr std::int64_t kModels = 50;
constexpr std::int64_t kBatch = 10'000;

/// A folder that goes away with its user.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/starling-bench-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ / "history.db"; }

 private:
  std::filesystem::path path_;
};

UsageFact usage(std::int64_t row) {
  UsageFact fact;
  fact.time = TimePoint{row / kModels * 1s};
  fact.model = {"demo", "model-" + std::to_string(row % kModels), "1"};
  fact.arrivals = row % 100;
  fact.completed = row % 100;
  fact.in_flight = 1.5;
  fact.latency_mean_ms = 10;
  fact.latency_p50_ms = 9;
  fact.latency_p95_ms = 20;
  fact.latency_p99_ms = 30;
  fact.replicas_ready = 2;
  return fact;
}

void append(sql::Appender& rows, std::int64_t row) {
  rows.add(TimePoint{row / kModels * 1s}).add(std::int32_t(row % kModels)).add(std::int32_t{1});
  rows.add(row % 100).add(row % 100).add(std::int64_t{0}).add(1.5).add(0.0);
  rows.add(10.0).add(9.0).add(20.0).add(30.0).add(std::int32_t{2}).add(nullptr);
  static_cast<void>(rows.end_row());
}

void through_store(benchmark::State& state) {
  const Folder folder;
  auto store = *Store::open(folder.file(), {"aws", "eu", "a", "n1"}, {.batch_rows = kBatch});
  for (auto _ : state) {
    for (std::int64_t row = 0; row < kRows; ++row) store->record(usage(row));
    if (!store->flush() || store->stats().usage_rows_shed != 0)
      state.SkipWithError("rows were lost");
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

void bare_appender(benchmark::State& state) {
  const Folder folder;
  auto connection = *sql::Database::open(folder.file(), {.threads = 2})->connect();
  static_cast<void>(connection.execute(
      "CREATE TABLE t (time TIMESTAMP, model INTEGER, place INTEGER, a BIGINT, c BIGINT, f BIGINT, "
      "i DOUBLE, q DOUBLE, m DOUBLE, p50 DOUBLE, p95 DOUBLE, p99 DOUBLE, r INTEGER, cpu DOUBLE)"));
  for (auto _ : state) {
    for (std::int64_t row = 0; row < kRows;) {
      auto rows = *sql::Appender::open(connection, "t");
      for (const std::int64_t end = row + kBatch; row < end; ++row) append(rows, row);
      if (!rows.flush()) state.SkipWithError("rows were lost");
    }
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

/// What the caller pays for one fact, the agent's tick being its user.
void record_call(benchmark::State& state) {
  const Folder folder;
  auto store = *Store::open(folder.file(), {"aws", "eu", "a", "n1"});
  std::int64_t row = 0;
  for (auto _ : state) store->record(usage(row++));
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(through_store)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(bare_appender)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(record_call)->UseRealTime();

}  // namespace
}  // namespace starling::history

BENCHMARK_MAIN();
