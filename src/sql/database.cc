#include "sql/database.h"

#include <utility>

#include "sql/handles.h"

namespace starling::sql {
namespace {

/// A duckdb_config with its settings, freed at the end of the scope.
class Config {
 public:
  Config() { duckdb_create_config(&config_); }
  ~Config() { duckdb_destroy_config(&config_); }
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;

  void set(const char* name, const std::string& value) {
    duckdb_set_config(config_, name, value.c_str());
  }
  duckdb_config get() const { return config_; }

 private:
  duckdb_config config_ = nullptr;
};

/// A prepared statement, freed at the end of the scope.
struct Prepared {
  duckdb_prepared_statement statement = nullptr;
  ~Prepared() { duckdb_destroy_prepare(&statement); }
};

struct Extracted {
  duckdb_extracted_statements statements = nullptr;
  ~Extracted() { duckdb_destroy_extracted(&statements); }
};

struct Pending {
  duckdb_pending_result result = nullptr;
  ~Pending() { duckdb_destroy_pending(&result); }
};

duckdb_state bind(duckdb_prepared_statement statement, idx_t index, const Value& value) {
  struct Binder {
    duckdb_prepared_statement statement;
    idx_t index;
    duckdb_state operator()(std::nullptr_t) const { return duckdb_bind_null(statement, index); }
    duckdb_state operator()(bool v) const { return duckdb_bind_boolean(statement, index, v); }
    duckdb_state operator()(std::int64_t v) const { return duckdb_bind_int64(statement, index, v); }
    duckdb_state operator()(double v) const { return duckdb_bind_double(statement, index, v); }
    duckdb_state operator()(const std::string& v) const {
      return duckdb_bind_varchar_length(statement, index, v.data(), v.size());
    }
    duckdb_state operator()(TimePoint v) const {
      return duckdb_bind_timestamp(statement, index, {v.time_since_epoch().count()});
    }
  };
  return std::visit(Binder{statement, index}, value);
}

Type type_of(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      return Type::kBoolean;
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
      return Type::kInteger;
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DECIMAL:
      return Type::kDouble;
    case DUCKDB_TYPE_VARCHAR:
      return Type::kText;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return Type::kTimestamp;
    default:
      return Type::kOther;
  }
}

/// Settings that DuckDB takes only once it runs.
Status set_session_defaults(const Database& database, const DatabaseOptions& options) {
  auto connection = database.connect();
  if (!connection) return fail(connection.error());
  std::string settings = "SET GLOBAL TimeZone = 'UTC'";
  if (!options.external_access) {
    std::string list;
    for (const std::string& directory : options.allowed_directories) {
      list += (list.empty() ? "" : ", ") + sql::quoted(directory);
    }
    // In this order: without access no directory can be allowed any more.
    settings += fmt::format("; SET GLOBAL allowed_directories = [{}]", list);
    settings += "; SET GLOBAL enable_external_access = false";
  }
  if (!options.checkpoint_on_close) settings += "; PRAGMA disable_checkpoint_on_shutdown";
  if (options.lock_settings) settings += "; SET GLOBAL lock_configuration = true";
  return connection->execute(settings);
}

std::string doubled(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote) result += quote;
    result += c;
  }
  return result + quote;
}

}  // namespace

Result<Database> Database::open(const std::string& path, const DatabaseOptions& options) {
  Config config;
  config.set("autoinstall_known_extensions", "false");
  config.set("autoload_known_extensions", "false");
  config.set("threads", std::to_string(options.threads));
  config.set("memory_limit", fmt::format("{}MiB", options.memory_bytes >> 20));
  config.set("checkpoint_threshold", fmt::format("{}MiB", options.log_bytes_max >> 20));
  if (!options.spill) config.set("temp_directory", "");
  if (options.read_only) config.set("access_mode", "READ_ONLY");

  auto handle = std::make_shared<Handle>();
  char* message = nullptr;
  const char* file = path.empty() ? nullptr : path.c_str();
  if (duckdb_open_ext(file, &handle->database, config.get(), &message) == DuckDBSuccess) {
    Database database(std::move(handle));
    if (Status status = set_session_defaults(database, options); !status)
      return fail(status.error());
    return database;
  }
  const std::string reason = words(message);
  duckdb_free(message);
  if (reason.find("Could not set lock") != std::string::npos) {
    return fail(ErrorCode::kConflict, "{}: another process has this database open ({})", path,
                reason);
  }
  return fail(ErrorCode::kInvalid, "{}: cannot open as a database: {}", path, reason);
}

Result<Connection> Database::connect() const {
  auto handle = std::make_unique<Connection::Handle>();
  handle->database = handle_;
  if (duckdb_connect(handle_->database, &handle->connection) != DuckDBSuccess) {
    return fail(ErrorCode::kInternal, "cannot connect to the database");
  }
  return Connection(std::move(handle));
}

Connection::Connection(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Status Connection::execute(const std::string& statements) {
  return guarded([&]() -> Status {
    Rows::Handle rows;
    if (duckdb_query(handle_->connection, statements.c_str(), &rows.result) != DuckDBSuccess) {
      return fail(error_code(duckdb_result_error_type(&rows.result)), "{}",
                  words(duckdb_result_error(&rows.result)));
    }
    return {};
  });
}

Result<Rows> Connection::query(const std::string& statement, const std::vector<Value>& parameters) {
  return guarded([&]() -> Result<Rows> {
    Prepared prepared;
    if (duckdb_prepare(handle_->connection, statement.c_str(), &prepared.statement) !=
        DuckDBSuccess) {
      return fail(ErrorCode::kInvalid, "{}", words(duckdb_prepare_error(prepared.statement)));
    }
    const idx_t expected = duckdb_nparams(prepared.statement);
    if (expected != parameters.size()) {
      return fail(ErrorCode::kInvalid, "the statement has {} parameters, but {} values were given",
                  expected, parameters.size());
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (bind(prepared.statement, i + 1, parameters[i]) != DuckDBSuccess) {
        return fail(ErrorCode::kInvalid, "parameter {} does not fit", i + 1);
      }
    }

    Pending pending;
    auto rows = std::make_unique<Rows::Handle>();
    if (duckdb_pending_prepared_streaming(prepared.statement, &pending.result) != DuckDBSuccess) {
      return fail(ErrorCode::kInvalid, "{}", words(duckdb_pending_error(pending.result)));
    }
    if (duckdb_execute_pending(pending.result, &rows->result) != DuckDBSuccess) {
      return fail(error_code(duckdb_result_error_type(&rows->result)), "{}",
                  words(duckdb_result_error(&rows->result)));
    }
    const idx_t columns = duckdb_column_count(&rows->result);
    for (idx_t i = 0; i < columns; ++i) {
      rows->columns.push_back(Column{duckdb_column_name(&rows->result, i),
                                     type_of(duckdb_column_type(&rows->result, i))});
    }
    return Rows(std::move(rows));
  });
}

Result<std::vector<Column>> Connection::inspect_select(const std::string& statement) {
  return guarded([&]() -> Result<std::vector<Column>> {
    Extracted extracted;
    const idx_t count =
        duckdb_extract_statements(handle_->connection, statement.c_str(), &extracted.statements);
    if (count == 0) {
      const char* message = duckdb_extract_statements_error(extracted.statements);
      return fail(ErrorCode::kInvalid, "{}",
                  message == nullptr ? "an empty statement" : words(message));
    }
    if (count > 1) return fail(ErrorCode::kInvalid, "one statement expected, found {}", count);
    Prepared prepared;
    if (duckdb_prepare_extracted_statement(handle_->connection, extracted.statements, 0,
                                           &prepared.statement) != DuckDBSuccess) {
      return fail(ErrorCode::kInvalid, "{}", words(duckdb_prepare_error(prepared.statement)));
    }
    if (duckdb_prepared_statement_type(prepared.statement) != DUCKDB_STATEMENT_TYPE_SELECT) {
      return fail(ErrorCode::kInvalid, "only a SELECT is allowed here");
    }
    std::vector<Column> columns;
    const idx_t width = duckdb_prepared_statement_column_count(prepared.statement);
    for (idx_t i = 0; i < width; ++i) {
      const char* name = duckdb_prepared_statement_column_name(prepared.statement, i);
      columns.push_back(
          Column{name, type_of(duckdb_prepared_statement_column_type(prepared.statement, i))});
      duckdb_free(const_cast<char*>(name));
    }
    return columns;
  });
}

void Connection::interrupt() { duckdb_interrupt(handle_->connection); }

std::string quoted(std::string_view text) { return doubled(text, '\''); }
std::string quoted_name(std::string_view name) { return doubled(name, '"'); }

}  // namespace starling::sql
