// Facts a second into the history, beside what DuckDB's bare appender does with the same rows. A
// fact is one row of a fact table: a usage sample is one of fact_usage and one of fact_latency for
// each bucket of its histogram. Through the store they pass the queue and the writer, find their
// dimensions' keys, are committed in batches and rolled up to minutes and hours; the bare appender
// is given the keys, and commits as often.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "history/store.h"
#include "sql/appender.h"
#include "sql/database.h"

namespace starling::history {
namespace {

constexpr std::int64_t kSamples = 100'000;
constexpr std::int64_t kModels = 50;  // one sample each a second
constexpr std::int64_t kBatchRows = 50'000;

/// A folder that goes away with its user: on the disk that TMPDIR names (/tmp), or in memory.
class Folder {
 public:
  explicit Folder(bool on_disk) {
    const std::filesystem::path parent =
        on_disk ? std::filesystem::temp_directory_path() : "/dev/shm";
    std::string name = parent / "starling-bench-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ / "history.db"; }

 private:
  std::filesystem::path path_;
};

TimePoint time_of(std::int64_t sample) { return TimePoint{sample / kModels * 1s}; }

/// One row of fact_usage, and `buckets` of fact_latency.
UsageFact usage(std::int64_t sample, std::int64_t buckets) {
  UsageFact fact;
  fact.time = time_of(sample);
  fact.model = {"demo", "model-" + std::to_string(sample % kModels), "1"};
  fact.arrivals = sample % 100;
  fact.completed = sample % 100;
  fact.within_slo = sample % 100;
  fact.in_flight = 1.5;
  for (std::int64_t i = 0; i < buckets; ++i) fact.latency.add(0.01 + 0.001 * double(i), 3);
  fact.replicas_ready = 2;
  return fact;
}

/// As fast as they can be recorded, `samples` at a time, which the queue must have room for.
void record(benchmark::State& state, const StoreOptions& options, std::int64_t samples) {
  const Folder folder(state.range(1) != 0);
  const std::int64_t buckets = state.range(0);
  auto store = *Store::open(folder.file(), {"aws", "eu", "a", "n1"}, options);
  std::int64_t sample = 0;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < samples; ++i) store->record(usage(sample++, buckets));
    if (!store->flush() || store->stats().usage_rows_shed != 0)
      state.SkipWithError("rows were lost");
  }
  state.SetItemsProcessed(state.iterations() * samples * (1 + buckets));
}

// Arguments of all: latency buckets a sample; 1 on the disk, 0 in memory.

void through_store(benchmark::State& state) {
  record(state, {.queue_rows_max = kSamples * (1 + state.range(0)), .batch_rows = kBatchRows},
         kSamples);
}

/// With the settings that an agent has.
void through_store_of_an_agent(benchmark::State& state) {
  const StoreOptions options;
  record(state, options, options.queue_rows_max / (1 + state.range(0)));
}

Status append(sql::Appender& rows, sql::Appender& latencies, std::int64_t sample,
              std::int64_t buckets) {
  const auto model = static_cast<std::int32_t>(sample % kModels);
  rows.add(time_of(sample)).add(model).add(std::int32_t{1});
  rows.add(sample % 100).add(sample % 100).add(std::int64_t{0}).add(sample % 100);
  rows.add(1.5).add(0.0).add(10.0).add(std::int32_t{2}).add(nullptr).add(1.0);
  for (std::int64_t i = 0; i < buckets; ++i) {
    latencies.add(time_of(sample)).add(model).add(std::int32_t{1});
    latencies.add(400 + i).add(std::int64_t{3});
    if (Status status = latencies.end_row(); !status) return status;
  }
  return rows.end_row();
}

Status append_batch(sql::Connection& connection, std::int64_t& sample, std::int64_t end,
                    std::int64_t buckets) {
  if (Status status = connection.execute("BEGIN TRANSACTION"); !status) return status;
  auto rows = sql::Appender::open(connection, "t");
  auto latencies = sql::Appender::open(connection, "l");
  if (!rows || !latencies) return fail(ErrorCode::kInternal, "no appender");
  for (; sample < end; ++sample) {
    if (Status status = append(*rows, *latencies, sample, buckets); !status) return status;
  }
  Status status = rows->flush();
  if (status) status = latencies->flush();
  return status ? connection.execute("COMMIT") : status;
}

void bare_appender(benchmark::State& state) {
  const Folder folder(state.range(1) != 0);
  const std::int64_t buckets = state.range(0);
  auto connection = *sql::Database::open(folder.file(), {.threads = 2})->connect();
  static_cast<void>(connection.execute(
      "CREATE TABLE t (time TIMESTAMP, model INTEGER, place INTEGER, a BIGINT, c BIGINT, f BIGINT, "
      "s BIGINT, i DOUBLE, q DOUBLE, l DOUBLE, r INTEGER, cpu DOUBLE, seconds DOUBLE);"
      "CREATE TABLE l (time TIMESTAMP, model INTEGER, place INTEGER, b SMALLINT, n BIGINT)"));
  std::int64_t sample = 0;
  for (auto _ : state) {
    for (const std::int64_t last = sample + kSamples; sample < last;) {
      const std::int64_t end = std::min(last, sample + kBatchRows / (1 + buckets));
      if (!append_batch(connection, sample, end, buckets)) state.SkipWithError("rows were lost");
    }
  }
  state.SetItemsProcessed(state.iterations() * kSamples * (1 + buckets));
}

/// What the caller pays for one sample, the agent's tick being its user.
void record_call(benchmark::State& state) {
  const Folder folder(/*on_disk=*/false);
  auto store = *Store::open(folder.file(), {"aws", "eu", "a", "n1"});
  std::int64_t sample = 0;
  for (auto _ : state) store->record(usage(sample++, 4));
  state.SetItemsProcessed(state.iterations());
}

void arguments(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"buckets", "disk"})->ArgsProduct({{0, 4}, {0, 1}});
  bench->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
}

BENCHMARK(bare_appender)->Apply(arguments);
BENCHMARK(through_store)->Apply(arguments);
BENCHMARK(through_store_of_an_agent)->Apply(arguments);
BENCHMARK(record_call)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace starling::history

BENCHMARK_MAIN();
