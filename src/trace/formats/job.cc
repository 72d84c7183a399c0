#include "trace/formats/job.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "base/units.h"
#include "sql/deadline.h"
#include "trace/formats/csv_cells.sql.h"
#include "trace/formats/refused_lines.sql.h"
#include "trace/formats/trace_macros.sql.h"

namespace starling {
namespace {

constexpr std::int64_t kRefusedMax = 50'000;  // errors; a line may have several
constexpr std::size_t kPendingMax = 3;

/// A skipped row whose place is not known before the refused lines are.
struct PendingSkip {
  std::string reason;
  std::int64_t count = 0;
  std::vector<std::pair<std::int64_t, std::string>> examples;
};

void add_pending(std::vector<PendingSkip>& pending, std::string_view reason, std::int64_t line,
                 std::string_view text) {
  auto entry = std::find_if(pending.begin(), pending.end(),
                            [&](const PendingSkip& p) { return p.reason == reason; });
  if (entry == pending.end()) {
    entry = pending.insert(entry, PendingSkip{std::string(reason), 0, {}});
  }
  ++entry->count;
  if (entry->examples.size() < kPendingMax) entry->examples.emplace_back(line, text);
}

/// The line in the file of the row that would be at `line` if no line had been refused.
std::int64_t true_line(std::int64_t line, const std::set<std::int64_t>& refused) {
  for (const std::int64_t other : refused) {
    if (other > line) break;
    ++line;
  }
  return line;
}

std::string_view refusal_in_words(std::string_view error_type) {
  if (error_type == "MISSING COLUMNS") return "too few cells";
  if (error_type == "TOO MANY COLUMNS") return "too many cells";
  if (error_type == "UNQUOTED VALUE") return "a quoted cell that does not end";
  if (error_type == "INVALID ENCODING") return "not UTF-8";
  if (error_type == "LINE SIZE OVER MAXIMUM") return "line too long";
  return "not readable as a row";
}

/// The line of a text that begins at `at`.
std::string line_at(const std::string& text, std::size_t at) {
  return text.substr(at, text.find('\n', at) - at);
}

struct RowError {
  std::string line;  // its number
  std::string reason;
};

/// What DuckDB says of a row that is none. Its message also holds the row, of any length, and its
/// own settings.
std::optional<RowError> row_error(const std::string& message) {
  constexpr std::string_view kLine = "CSV Error on Line: ";
  constexpr std::string_view kRow = "Original Line: ";
  const std::size_t begin = message.find(kLine);
  if (begin == std::string::npos) return std::nullopt;
  RowError error{line_at(message, begin + kLine.size()), ""};
  std::size_t next = message.find('\n', begin);
  if (next != std::string::npos && message.compare(next + 1, kRow.size(), kRow) == 0) {
    next = message.find('\n', next + 1);
  }
  if (next != std::string::npos) error.reason = line_at(message, next + 1).substr(0, 200);
  long expected = 0, found = 0;
  if (std::sscanf(error.reason.c_str(), "Expected Number of Columns: %ld Found: %ld", &expected,
                  &found) == 2) {
    error.reason = fmt::format("{} cells, but the header has {}", found, expected);
  }
  return error;
}

/// What to do about a row that was not taken.
std::string_view mending(std::string_view reason) {
  if (reason == "not a timestamp") {
    return "expected seconds from the start or ISO 8601 (2024-05-01T12:00:00Z)";
  }
  if (reason == "not a number" || reason == "not finite") return "leave a missing cell empty";
  return "mend the row, or let `starling trace import` write a file without it";
}

/// How read_csv() treats lines that are no rows: a strict read stops at the first, others keep
/// them.
std::string rejects_of(const ReadRawOptions& options) {
  if (options.strict) return "";
  return fmt::format(", store_rejects = true, rejects_limit = {}", kRefusedMax);
}

}  // namespace

struct ReadJob::Session {
  sql::Connection connection;
  sql::Deadline deadline;  // ends before the connection does

  Session(sql::Connection c, Duration time_max)
      : connection(std::move(c)), deadline(connection, time_max) {}
};

ReadJob::ReadJob(const ReadRawOptions& options, std::unique_ptr<Session> session)
    : options_(options), session_(std::move(session)) {}
ReadJob::ReadJob(ReadJob&&) noexcept = default;
ReadJob& ReadJob::operator=(ReadJob&&) noexcept = default;
ReadJob::~ReadJob() = default;

sql::Connection& ReadJob::connection() { return session_->connection; }

Result<ReadJob> ReadJob::start(const std::vector<std::string>& paths,
                               const ReadRawOptions& options) {
  if (paths.empty()) return fail(ErrorCode::kInvalid, "no file is named: state at least one");
  auto database = sql::Database::open("");
  if (!database) return fail(database.error());
  auto connection = database->connect();
  if (!connection) return fail(connection.error());
  if (Status s = connection->execute(std::string(kTraceMacrosSql)); !s) return fail(s.error());
  const auto until = std::chrono::steady_clock::now() + options.limits.time_max;
  ReadJob job(options, std::make_unique<Session>(std::move(*connection), options.limits.time_max));
  for (const std::string& path : paths) {
    auto head = read_head(job.connection(), path, options.limits, until);
    if (!head) {
      return fail(head.error().code == ErrorCode::kTimeout ? job.explained(path, head.error())
                                                           : head.error());
    }
    job.files_.push_back(std::move(*head));
  }
  return job;
}

Status ReadJob::define(std::string_view name, const std::string& query) {
  return connection().execute(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}", name, query));
}

Error ReadJob::explained(const std::string& path, const Error& error) const {
  if (error.code == ErrorCode::kTimeout) {
    return Error{ErrorCode::kTimeout,
                 fmt::format("{}: reading took more than {}; read fewer files, or raise "
                             "--max-time of `starling trace`",
                             path, format_duration(options_.limits.time_max))};
  }
  const auto row = row_error(error.message);
  if (row)
    return Error{ErrorCode::kInvalid, fmt::format("{}:{}: {}", path, row->line, row->reason)};
  return Error{error.code, fmt::format("{}: {}", path, line_at(error.message, 0))};
}

Status ReadJob::take_refused(const FileHead& file, std::set<std::int64_t>& refused) {
  // The table is there only after a CSV file was read.
  auto there = connection().query(
      "SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors' LIMIT 1");
  if (!there) return fail(explained(file.path, there.error()));
  auto found = there->next();
  if (!found) return fail(explained(file.path, found.error()));
  if (!*found) return {};
  auto rows = connection().query(std::string(kRefusedLinesSql));
  if (!rows) return fail(explained(file.path, rows.error()));
  std::int64_t errors = 0;
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return fail(explained(file.path, chunk.error()));
    if (!*chunk) break;
    for (std::size_t i = 0; i < (*chunk)->rows(); ++i) {
      errors += (*chunk)->integer(i, 3);
      const std::int64_t line = (*chunk)->integer(i, 0);
      if (!refused.insert(line).second) continue;
      skips_.add(refusal_in_words((*chunk)->text(i, 1)), fmt::format("{}:{}", file.path, line),
                 (*chunk)->is_null(i, 2) ? "" : (*chunk)->text(i, 2));
    }
  }
  if (errors >= kRefusedMax) {
    const Skipped& first = skips_.skipped().back();
    return fail(ErrorCode::kInvalid,
                "{}: {} errors or more in its lines: {} ({}); is '{}' its delimiter?", file.path,
                kRefusedMax, first.reason, first.examples[0], file.delimiter);
  }
  return connection().execute(
      "DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans");
}

Status ReadJob::run(const FileHead& file, std::string_view query,
                    const std::vector<sql::Value>& values, Collector& into,
                    std::set<std::int64_t>* refused) {
  auto rows = connection().query(std::string(query), values);
  if (!rows) return fail(explained(file.path, rows.error()));
  std::vector<PendingSkip> pending;
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return fail(explained(file.path, chunk.error()));
    if (!*chunk) break;
    const sql::Chunk& c = **chunk;
    rows_ += static_cast<std::int64_t>(c.rows());
    if (rows_ > options_.limits.rows_max) {
      return fail(
          ErrorCode::kTooLarge,
          "{}: more than {} rows; read fewer files, or raise --max-rows of `starling trace`",
          file.path, options_.limits.rows_max);
    }
    for (std::size_t i = 0; i < c.rows(); ++i) {
      if (!c.is_null(i, 1)) {
        add_pending(pending, c.text(i, 1), c.integer(i, 0), c.is_null(i, 2) ? "" : c.text(i, 2));
      }
      if (c.is_null(i, 3)) continue;
      const double value = c.is_null(i, 5) ? kMissing : c.number(i, 5);
      if (Status s = into.take(c.text(i, 4), c.integer(i, 3), value); !s) {
        return fail(s.error().code, "{}:{}: {}", file.path, c.integer(i, 0), s.error().message);
      }
    }
  }
  std::set<std::int64_t> refused_now;
  std::set<std::int64_t>& lines = refused == nullptr ? refused_now : *refused;
  if (Status s = take_refused(file, lines); !s) return s;
  for (const PendingSkip& skip : pending) {
    std::int64_t left = skip.count;
    for (const auto& [line, text] : skip.examples) {
      const bool is_last = &text == &skip.examples.back().second;
      skips_.add(skip.reason, fmt::format("{}:{}", file.path, true_line(line, lines)), text,
                 is_last ? left : 1);
      --left;
    }
  }
  return {};
}

Result<RawTrace> ReadJob::finish(RawTrace trace, Collector& collector) {
  if (options_.strict && !skips_.skipped().empty()) {
    const Skipped& first = skips_.skipped().front();
    return fail(ErrorCode::kInvalid, "{}: {}; {}", first.examples[0], first.reason,
                mending(first.reason));
  }
  auto workloads = collector.finish();
  if (!workloads) {
    return fail(workloads.error().code, "{}: {}", files_[0].path, workloads.error().message);
  }
  trace.workloads = std::move(*workloads);
  trace.skipped = skips_.skipped();
  std::int64_t points = 0;
  for (const Samples& samples : trace.workloads) {
    points += static_cast<std::int64_t>(samples.times_us.size());
    for (const std::int64_t time : samples.times_us) {
      trace.has_calendar = trace.has_calendar || time >= kCalendarFromUs;
    }
  }
  if (points > 0) return trace;
  if (trace.skipped.empty()) {
    return fail(ErrorCode::kInvalid, "{}: no rows of data", files_[0].path);
  }
  const Skipped& most =
      *std::max_element(trace.skipped.begin(), trace.skipped.end(),
                        [](const Skipped& a, const Skipped& b) { return a.count < b.count; });
  return fail(ErrorCode::kInvalid,
              "no row could be taken, read as {}; {} of them because: {} ({}); is this the format?",
              trace.format, most.count, most.reason, most.examples[0]);
}

std::string cells_query(const FileHead& file, const ReadRawOptions& options) {
  std::string columns;
  for (std::size_t i = 0; i < file.columns.size(); ++i) {
    columns += i == 0 ? "" : ", ";
    // What is NaN in Parquet is the word for missing in text.
    columns += file.is_text() ? fmt::format("'c{}': 'VARCHAR'", i)
                              : fmt::format("nullif(CAST({} AS VARCHAR), 'nan') AS c{}",
                                            sql::quoted_name(file.columns[i]), i);
  }
  if (!file.is_text()) {
    return fmt::format("SELECT row_number() OVER () AS line, {} FROM read_parquet({})", columns,
                       quoted_path(file.path));
  }
  return filled_in(kCsvCellsSql, fmt::arg("path", quoted_path(file.path)),
                   fmt::arg("compression", compression_name(file.packing)),
                   fmt::arg("delimiter", sql::quoted(std::string(1, file.delimiter))),
                   fmt::arg("missing_words", options.strict ? std::string("''") : missing_words()),
                   fmt::arg("columns", columns),
                   fmt::arg("line_bytes_max", options.limits.line_bytes_max),
                   fmt::arg("buffer_bytes", buffer_bytes(options.limits)),
                   fmt::arg("rejects", rejects_of(options)));
}

std::string lines_query(const FileHead& file, const ReadRawOptions& options) {
  return fmt::format("SELECT row_number() OVER () AS line, text FROM ({})",
                     whole_lines_query(file, "utf-8", options.limits, rejects_of(options)));
}

}  // namespace starling
