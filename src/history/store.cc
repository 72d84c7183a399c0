#include "history/store.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "history/queue.h"
#include "history/schema.h"
#include "history/writer.h"
#include "sql/database.h"

namespace starling::history {
namespace {

// A full disk may be mended within seconds; facts that wait longer would push out newer ones.
constexpr int kAttemptsMax = 5;

}  // namespace

struct Store::State {
  State(sql::Database db, Writer w, const StoreOptions& o)
      : database(std::move(db)), writer(std::move(w)), options(o), queue(o.queue_rows_max) {}

  void write_until_closed();
  Status write(const Batch& batch);

  sql::Database database;
  Writer writer;
  StoreOptions options;
  FactQueue queue;

  mutable std::mutex mutex;
  std::condition_variable written;
  std::uint64_t ticket_done = 0;  // everything up to this ticket is written or given up
  Status last_batch;
  StoreStats stats;

  std::thread thread;
};

/// Tries a batch several times, a batch time apart, unless the store is closing.
Status Store::State::write(const Batch& batch) {
  for (int attempt = 1;; ++attempt) {
    Status status = writer.write(batch);
    if (status || attempt == kAttemptsMax) return status;
    spdlog::warn("history: attempt {} of {} to write {} rows failed: {}", attempt, kAttemptsMax,
                 batch.rows, status.error().message);
    if (!queue.closed()) std::this_thread::sleep_for(options.batch_time);
  }
}

void Store::State::write_until_closed() {
  for (bool last = false; !last;) {
    last = queue.closed();  // asked first: what comes in until then is in the batch
    const Batch batch = queue.take(options.batch_rows, options.batch_time);
    const Status status = write(batch);
    const std::lock_guard lock(mutex);
    ticket_done = batch.last_ticket;
    last_batch = status;
    if (status) {
      stats.rows_written += batch.rows;
      stats.last_error.clear();
    } else {
      stats.rows_lost += batch.rows;
      stats.last_error = status.error().message;
      spdlog::error("history: {} rows are lost: {}", batch.rows, stats.last_error);
    }
    written.notify_all();
  }
}

Result<std::unique_ptr<Store>> Store::open(const std::string& path, const PlaceInfo& own,
                                           const StoreOptions& options) {
  auto database = sql::Database::open(path, {.read_only = false,
                                             .threads = options.threads,
                                             .memory_bytes = options.memory_bytes,
                                             .external_access = false,
                                             .lock_settings = true,
                                             .spill = false});
  if (!database && database.error().code == ErrorCode::kConflict) {
    return fail(
        ErrorCode::kConflict,
        "{}: another agent owns this history file; give each agent a data folder of its own, "
        "or ask that agent over its API",
        path);
  }
  if (!database) return fail(database.error());
  auto connection = database->connect();
  if (!connection) return fail(connection.error());
  const auto named = [&](const Error& error) {
    return fail(error.code, "{}: {}", path, error.message);
  };
  if (Status status = create_schema(*connection); !status) return named(status.error());
  auto writer = Writer::open(std::move(*connection), own);
  if (!writer) return named(writer.error());
  return std::unique_ptr<Store>(
      new Store(std::make_unique<State>(std::move(*database), std::move(*writer), options)));
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->thread = std::thread([s = state_.get()] { s->write_until_closed(); });
}

Store::~Store() {
  state_->queue.close();
  state_->thread.join();
}

void Store::record(UsageFact fact) { state_->queue.push(std::move(fact)); }
void Store::record(ForecastFact fact) { state_->queue.push(Event(std::move(fact))); }
void Store::record(DecisionFact fact) { state_->queue.push(Event(std::move(fact))); }
void Store::record(PlacementFact fact) { state_->queue.push(Event(std::move(fact))); }
void Store::record(PlaceInfo place) { state_->queue.push(Event(std::move(place))); }

Result<QueryResult> Store::query(const std::string& sql, const QueryLimits& limits) const {
  return run_query(state_->database, sql, limits);
}

Status Store::flush() {
  const std::uint64_t ticket = state_->queue.hurry();
  std::unique_lock lock(state_->mutex);
  state_->written.wait(lock, [&] { return state_->ticket_done >= ticket; });
  return state_->last_batch;
}

StoreStats Store::stats() const {
  const Shed shed = state_->queue.shed();
  const std::lock_guard lock(state_->mutex);
  StoreStats stats = state_->stats;
  stats.usage_rows_shed = shed.usage_rows;
  stats.event_rows_shed = shed.event_rows;
  return stats;
}

}  // namespace starling::history
