// DuckDB's own handles, owned. Only this room's .cc files include it: duckdb.h stays inside.
#pragma once

#include <duckdb.h>

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "sql/appender.h"
#include "sql/database.h"
#include "sql/rows.h"

namespace starling::sql {

struct Database::Handle {
  duckdb_database database = nullptr;
  ~Handle() { duckdb_close(&database); }
};

struct Connection::Handle {
  std::shared_ptr<Database::Handle> database;
  duckdb_connection connection = nullptr;
  ~Handle() { duckdb_disconnect(&connection); }
};

struct Rows::Handle {
  duckdb_result result{};
  std::vector<Column> columns;
  ~Handle() { duckdb_destroy_result(&result); }
};

/// Where one column's values of a chunk lie.
struct ChunkColumn {
  duckdb_type type = DUCKDB_TYPE_INVALID;
  const void* data = nullptr;
  const std::uint64_t* validity = nullptr;  // null: every row is valid
  duckdb_type decimal_storage = DUCKDB_TYPE_INVALID;
  double decimal_unit = 1;
};

struct Chunk::Handle {
  duckdb_data_chunk chunk = nullptr;
  std::size_t rows = 0;
  std::vector<ChunkColumn> columns;
  ~Handle() { duckdb_destroy_data_chunk(&chunk); }
};

/// DuckDB's message without the stack trace that its internal errors carry.
inline std::string words(const char* message) {
  if (message == nullptr || *message == '\0') return "unknown reason";
  const std::string_view all = message;
  const std::string_view text = all.substr(0, all.find("\n\nStack Trace"));
  return std::string(text.substr(0, text.find_last_not_of(" \n") + 1));
}

/// A Result-returning call of DuckDB with its C++ exceptions as errors: some of its functions throw
/// through the C API (enable_logging() with a path that is not allowed does).
template <typename Call>
auto guarded(Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& exception) {
    return fail(ErrorCode::kInvalid, "{}", words(exception.what()));
  }
}

/// DuckDB's kind of error as ours.
inline ErrorCode error_code(duckdb_error_type type) {
  switch (type) {
    case DUCKDB_ERROR_INTERRUPT:
      return ErrorCode::kTimeout;
    case DUCKDB_ERROR_OUT_OF_MEMORY:
      return ErrorCode::kTooLarge;
    case DUCKDB_ERROR_TRANSACTION:
      return ErrorCode::kConflict;
    case DUCKDB_ERROR_INTERNAL:
    case DUCKDB_ERROR_FATAL:
      return ErrorCode::kInternal;
    default:
      return ErrorCode::kInvalid;
  }
}

}  // namespace starling::sql
