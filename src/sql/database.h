// DuckDB behind a small C++ face: databases, connections, parameters.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "sql/rows.h"

namespace starling::sql {

/// A parameter of a statement.
using Value = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, TimePoint>;

struct DatabaseOptions {
  bool read_only = false;
  int threads = 1;
  std::int64_t memory_bytes = 512LL << 20;
  bool external_access = true;  // false: SQL reaches no file and no network but this database …
  std::vector<std::string> allowed_directories = {};  // … and what lies in these
  bool lock_settings = false;  // true: no statement can change a setting any more
  /// Committed rows stand in the write-ahead log until it is so long, then move into the file.
  std::int64_t log_bytes_max = 16 << 20;
  bool spill = true;  // false: a query that outgrows the memory fails (kTooLarge)
  /// False: when it is closed the log stays as it is, unless there was a CHECKPOINT before.
  bool checkpoint_on_close = true;
};

class Connection;

/// One open database; copies share it, and connections keep it open. Thread safe.
class Database {
 public:
  /// Opens or creates the file; an empty path is a database in memory. Extensions are never
  /// installed or loaded on demand. Errors: kConflict when another process has the file open (it
  /// and the file are named), kInvalid when the file is no database.
  static Result<Database> open(const std::string& path, const DatabaseOptions& options = {});
  Result<Connection> connect() const;

 private:
  struct Handle;
  friend class Connection;
  explicit Database(std::shared_ptr<Handle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<Handle> handle_;
};

/// One session. One thread uses it at a time; only interrupt() may come from another.
class Connection {
 public:
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// Runs one or several statements and forgets their rows.
  Status execute(const std::string& statements);
  /// Starts one statement, with `?` or `$1` parameters. The rows stream: read them before the next
  /// statement of this connection. Errors carry DuckDB's words.
  Result<Rows> query(const std::string& statement, const std::vector<Value>& parameters = {});
  /// The columns that the text would give if it ran. An error (kInvalid) unless it is exactly one
  /// SELECT.
  Result<std::vector<Column>> inspect_select(const std::string& statement);
  /// Stops the running statement, which then fails with kTimeout.
  void interrupt();

 private:
  struct Handle;
  friend class Database;
  friend class Appender;
  explicit Connection(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

/// `text` as an SQL string literal, for the places where parameters are not allowed.
std::string quoted(std::string_view text);
/// `name` as an SQL identifier.
std::string quoted_name(std::string_view name);

}  // namespace starling::sql
