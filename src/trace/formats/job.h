// One read under way: the files, DuckDB, the limits, and what was skipped so far.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/database.h"
#include "trace/formats/collector.h"
#include "trace/formats/head.h"

namespace starling {

/// The rows that a format's query gives, one a sample or a row not taken, in this order:
///   line BIGINT        of the file, the lines that DuckDB refused not counted
///   reason VARCHAR     why the row was not taken; null: it was
///   text VARCHAR       what an example of such a row shows
///   time_us BIGINT     null: there is no sample
///   workload VARCHAR
///   value DOUBLE       null: missing
/// A row may have both a reason and a sample: one whose value is no number is missing there.
class ReadJob {
 public:
  /// Checks the files and reads their beginnings. From here on the time is limited.
  static Result<ReadJob> start(const std::vector<std::string>& paths,
                               const ReadRawOptions& options);
  ReadJob(ReadJob&&) noexcept;
  ReadJob& operator=(ReadJob&&) noexcept;
  ~ReadJob();

  const ReadRawOptions& options() const { return options_; }
  const std::vector<FileHead>& files() const { return files_; }
  sql::Connection& connection();
  SkipLog& skips() { return skips_; }

  /// Makes `name` stand for a query over a file, in place of what it stood for before.
  Status define(std::string_view name, const std::string& query);
  /// Runs a format's query and hands its rows on. Lines that DuckDB refused become skips. A file
  /// that is read in several passes keeps them in `refused`, so that each is counted once.
  Status run(const FileHead& file, std::string_view query, const std::vector<sql::Value>& values,
             Collector& into, std::set<std::int64_t>* refused = nullptr);
  /// Lines of the file that DuckDB refused in the last statement, as skips; they are added to
  /// `refused`. Errors: so many that the file must be something else. `run` does this itself.
  Status take_refused(const FileHead& file, std::set<std::int64_t>& refused);
  /// DuckDB's error in words for people: its first line, or that the time is over.
  /// A row that it could not read is named by its line.
  Error explained(const std::string& path, const Error& error) const;

  /// The end of every read: what was collected, or an error if that is nothing.
  Result<RawTrace> finish(RawTrace trace, Collector& collector);

 private:
  struct Session;
  ReadJob(const ReadRawOptions& options, std::unique_ptr<Session> session);

  ReadRawOptions options_;
  std::unique_ptr<Session> session_;
  std::vector<FileHead> files_;
  SkipLog skips_;
  std::int64_t rows_ = 0;
};

/// A file's rows as a query: `line`, and the cells as VARCHAR c0, c1, …, null where they are empty
/// or, unless the read is strict, say so (NA, NaN, null …).
std::string cells_query(const FileHead& file, const ReadRawOptions& options);
/// A text file's lines as a query: `line` and `text`.
std::string lines_query(const FileHead& file, const ReadRawOptions& options);

}  // namespace starling
