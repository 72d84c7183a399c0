// Questions to the history: any SELECT, within stated limits, and nothing but SELECT.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace starling::sql {
class Database;
}

namespace starling::history {

struct QueryLimits {
  std::int64_t rows_max = 10'000;
  std::int64_t bytes_max = 32 << 20;  // of the values in the result, 16 for a number
  Duration time_max{10s};
};

struct QueryResult {
  std::vector<std::string> columns;
  nlohmann::json rows =
      nlohmann::json::array();  // arrays, one value a column; times are ISO 8601 in UTC
  bool truncated = false;       // there were more rows than `rows_max` or `bytes_max`

  /// {"columns": […], "rows": [[…], …], "truncated": false}
  nlohmann::json to_json() const;
};

/// Runs one SELECT on a connection of its own in a read-only transaction. Errors: kInvalid for
/// another statement, several of them, or what DuckDB says of the text; kTimeout; kTooLarge when it
/// needs more memory than the database has. It ends when `stop` is requested. Any thread.
Result<QueryResult> run_query(const sql::Database& database, const std::string& statement,
                              const QueryLimits& limits, std::stop_token stop = {});

}  // namespace starling::history
