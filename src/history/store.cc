#include "history/store.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stop_token>
#include <thread>

#include "base/complaints.h"
#include "base/log.h"
#include "history/cube_query.h"
#include "history/queue.h"
#include "history/retention.h"
#include "history/schema.h"
#include "history/writer.h"
#include "sql/database.h"

namespace starling::history {
namespace {

// A full disk may be mended within seconds; facts that wait longer would push out newer ones.
constexpr int kAttemptsMax = 5;
constexpr Duration kExportTimeMax = 5min;
// A file's last row group is written again with every checkpoint: fewer are cheaper. So long a log
// is read in a second or two when the file is opened after a kill.
constexpr std::int64_t kLogBytesMax = 64 << 20;

Result<sql::Database> open_database(const std::string& path, const StoreOptions& options) {
  std::vector<std::string> allowed;
  if (!options.export_directory.empty()) allowed.push_back(options.export_directory.string());
  auto database = sql::Database::open(path, {.read_only = false,
                                             .threads = options.threads,
                                             .memory_bytes = options.memory_bytes,
                                             .external_access = false,
                                             .allowed_directories = allowed,
                                             .lock_settings = true,
                                             .log_bytes_max = kLogBytesMax,
                                             .spill = false,
                                             .checkpoint_on_close = false});
  if (!database && database.error().code == ErrorCode::kConflict) {
    return fail(
        ErrorCode::kConflict,
        "{}: another agent owns this history file; give each agent a data folder of its own, "
        "or ask that agent over its API",
        path);
  }
  if (!database && database.error().code == ErrorCode::kInvalid) {
    return fail(ErrorCode::kInvalid,
                "{}; if the file is damaged, move it away to begin a new history",
                database.error().message);
  }
  return database;
}

Status check_room(const std::string& path, const StoreOptions& options) {
  std::error_code error;
  const auto space =
      std::filesystem::space(std::filesystem::absolute(path, error).parent_path(), error);
  if (error) return fail(ErrorCode::kUnavailable, "{}: {}", path, error.message());
  const double least = std::min(static_cast<double>(options.free_bytes_min),
                                options.free_share_min * static_cast<double>(space.capacity));
  if (static_cast<double>(space.available) >= least) return {};
  constexpr double kMebibyte = 1 << 20;
  return fail(ErrorCode::kUnavailable,
              "{}: {:.0f} MiB free on its disk; below {:.0f} MiB nothing is written: make room",
              path, static_cast<double>(space.available) / kMebibyte, least / kMebibyte);
}

}  // namespace

/// The file while it is open.
struct Store::OpenFile {
  sql::Database database;
  Writer writer;

  static Result<OpenFile> open(const std::string& path, const PlaceInfo& own,
                               const StoreOptions& options);
};

Result<Store::OpenFile> Store::OpenFile::open(const std::string& path, const PlaceInfo& own,
                                              const StoreOptions& options) {
  auto database = open_database(path, options);
  if (!database) return fail(database.error());
  auto connection = database->connect();
  if (!connection) return fail(connection.error());
  const auto named = [&](const Error& error) {
    return fail(error.code, "{}: {}", path, error.message);
  };
  if (Status status = create_schema(*connection); !status) return named(status.error());
  auto writer = Writer::open(std::move(*connection), own);
  if (!writer) return named(writer.error());
  return OpenFile{std::move(*database), std::move(*writer)};
}

struct Store::State {
  State(std::string p, PlaceInfo place, const StoreOptions& o, OpenFile opened)
      : path(std::move(p)),
        own(std::move(place)),
        options(o),
        file(std::move(opened)),
        retention(o.retention),
        queue(o.queue_rows_max) {}

  void write_until_closed();
  Status write(const Batch& batch);
  Status write_once(const Batch& batch);
  Status open_again();
  void keep_up();
  Result<bool> keep_up_step();

  const std::string path;
  const PlaceInfo own;
  const StoreOptions options;
  /// Only the writer's thread changes it, and only so others need the lock; empty: it could not be
  /// opened again, for the reason given.
  std::optional<OpenFile> file;
  std::string closed_because;
  bool suspect = false;  // a write failed since the file was opened: the writer's thread alone
  mutable std::shared_mutex file_mutex;
  std::stop_source asked;  // ends what is asked of this file; the next one has its own
  Retention retention;
  Complaints complaints;                   // about roll-up and retention
  std::chrono::sys_days keys_forgotten{};  // when that was last done
  FactQueue queue;

  mutable std::mutex mutex;
  std::condition_variable written;
  std::uint64_t ticket_done = 0;  // everything up to this ticket is written or given up
  Status last_batch;
  StoreStats stats;
  std::mutex exporting;
  std::atomic<bool> stopping = false;  // nothing more is answered

  /// What `question` says of the database, unless the store is stopping or has no file for now.
  template <typename Question>
  auto ask(Question question) const -> decltype(question(file->database, std::stop_token())) {
    const std::shared_lock lock(file_mutex);
    if (!file) {
      return fail(ErrorCode::kUnavailable,
                  "the history could not be opened again after a failed write, and is tried with "
                  "each batch: {}",
                  closed_because);
    }
    const auto ended = [&] {
      return stopping
                 ? Error{ErrorCode::kUnavailable, "this agent is stopping: ask another one"}
                 : Error{ErrorCode::kUnavailable,
                         "the history is being opened again after a failed write: ask again in a "
                         "moment"};
    };
    if (stopping || asked.stop_requested()) return fail(ended());
    auto result = question(file->database, asked.get_token());
    if (!result && asked.stop_requested()) return fail(ended());
    return result;
  }

  std::thread thread;
};

/// Tries a batch several times, a batch time apart, unless the store is closing.
Status Store::State::write(const Batch& batch) {
  for (int attempt = 1;; ++attempt) {
    Status status = write_once(batch);
    if (status || attempt == kAttemptsMax) return status;
    spdlog::warn("history: attempt {} of {} to write {} rows failed: {}", attempt, kAttemptsMax,
                 batch.rows, status.error().message);
    if (!queue.closed()) std::this_thread::sleep_for(options.batch_time);
  }
}

Status Store::State::write_once(const Batch& batch) {
  if (Status status = check_room(path, options); !status) return status;
  if (suspect) {
    if (Status status = open_again(); !status) return status;
  }
  Status status = file->writer.write(batch);
  suspect = !status;
  return status;
}

/// After a write that failed half-way DuckDB may fail to read its own blocks, or refuse everything:
/// what was committed is in the file and its log, which opening reads.
Status Store::State::open_again() {
  asked.request_stop();  // of the questions that run, so that the lock is had soon
  const std::unique_lock lock(file_mutex);
  asked = std::stop_source();
  file.reset();
  auto opened = OpenFile::open(path, own, options);
  if (!opened) {
    closed_because = opened.error().message;
    return fail(opened.error());
  }
  file.emplace(std::move(*opened));
  suspect = false;
  spdlog::warn("history: {} was opened again after a failed write", path);
  return {};
}

/// Rolls up and forgets what is due, until facts press again: not in a file that may be broken, nor
/// on a disk that is nearly full.
void Store::State::keep_up() {
  if (!file || suspect || !check_room(path, options)) return;
  for (bool more = true; more && queue.rows() < options.batch_rows && !queue.closed();) {
    const auto step = keep_up_step();
    // Once a problem: what stays may be no failed write.
    suspect = complaints.is_new(step ? Status() : fail(step.error()));
    if (suspect) {
      spdlog::error("history: roll-up and retention, tried again with each batch: {}",
                    step.error().message);
    }
    more = step.value_or(false);
  }
}

Result<bool> Store::State::keep_up_step() {
  const auto clock = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  Writer& writer = file->writer;
  const TimePoint now = std::min(writer.newest(), clock);
  auto more = writer.roll_up(now);
  if (!more || *more) return more;
  more = retention.step(writer.connection(), writer.tiers(), now);
  const auto day = std::chrono::floor<std::chrono::days>(now);
  if (!more || *more || day == keys_forgotten) return more;
  const Status status =
      writer.forget_keys(retention.minutes_since(now), retention.hours_since(now));
  if (!status) return fail(status.error());
  keys_forgotten = day;
  return more;
}

void Store::State::write_until_closed() {
  for (bool last = false; !last;) {
    last = queue.closed();  // asked first: what comes in until then is in the batch
    const Batch batch = queue.take(options.batch_rows, options.batch_time);
    const Status status = batch.rows > 0 ? write(batch) : Status();
    if (status && !last) keep_up();
    const std::lock_guard lock(mutex);
    ticket_done = batch.last_ticket;
    written.notify_all();
    if (batch.rows == 0) continue;
    last_batch = status;
    if (status) {
      stats.rows_written += batch.rows;
      stats.last_error.clear();
    } else {
      stats.rows_lost += batch.rows;
      stats.last_error = status.error().message;
      spdlog::error("history: {} rows are lost: {}", batch.rows, stats.last_error);
    }
  }
  // Opening reads what stays in the log.
  if (file && !suspect && check_room(path, options))
    (void)file->writer.connection().execute("CHECKPOINT");
}

Result<std::unique_ptr<Store>> Store::open(const std::string& path, const PlaceInfo& own,
                                           const StoreOptions& options) {
  auto file = OpenFile::open(path, own, options);
  if (!file) return fail(file.error());
  return std::unique_ptr<Store>(
      new Store(std::make_unique<State>(path, own, options, std::move(*file))));
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->thread = std::thread([s = state_.get()] { s->write_until_closed(); });
}

Store::~Store() {
  state_->queue.close();
  state_->thread.join();
}

void Store::record(UsageFact fact) { state_->queue.push(std::move(fact)); }
void Store::record(DemandFact fact) { state_->queue.push(Event(std::move(fact))); }
void Store::record(ForecastFact fact) { state_->queue.push(Event(std::move(fact))); }
void Store::record(DecisionFact fact) { state_->queue.push(Event(std::move(fact))); }
void Store::record(ShadowFact fact) { state_->queue.push(Event(std::move(fact))); }
void Store::record(BidFact fact) { state_->queue.push(Event(std::move(fact))); }
void Store::record(CostFact fact) { state_->queue.push(Event(std::move(fact))); }
void Store::record(HealthFact fact) { state_->queue.push(Event(std::move(fact))); }
void Store::record(PlacementFact fact) { state_->queue.push(Event(std::move(fact))); }
void Store::record(PlaceInfo place) { state_->queue.push(Event(std::move(place))); }

Result<QueryResult> Store::query(const std::string& sql, const QueryLimits& limits) const {
  return state_->ask([&](const sql::Database& database, std::stop_token stop) {
    return run_query(database, sql, limits, std::move(stop));
  });
}

Result<CubePartial> Store::cube(const Cube& question, const CubeLimits& limits) const {
  return state_->ask([&](const sql::Database& database, std::stop_token stop) {
    return run_cube(database, question, limits, std::move(stop));
  });
}

Result<ExportResult> Store::export_parquet(const ExportRequest& request) const {
  if (state_->options.export_directory.empty()) {
    return fail(ErrorCode::kUnavailable, "this history has no folder to export to");
  }
  const std::unique_lock lock(state_->exporting, std::try_to_lock);
  if (!lock) {
    return fail(ErrorCode::kConflict,
                "an export of this node is running: try again when it is done");
  }
  return state_->ask([&](const sql::Database& database, std::stop_token stop) {
    return history::export_parquet(database, state_->options.export_directory, state_->own.node,
                                   request, kExportTimeMax, std::move(stop));
  });
}

void Store::stop_answering() {
  state_->stopping = true;
  const std::shared_lock lock(state_->file_mutex);  // not while another takes its place
  state_->asked.request_stop();
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
