#include "history/query.h"

#include <algorithm>

#include "base/iso8601.h"
#include "history/query_guard.h"
#include "sql/database.h"
#include "sql/deadline.h"

namespace starling::history {
namespace {

nlohmann::json cell(const sql::Chunk& chunk, std::size_t row, std::size_t column, sql::Type type) {
  if (chunk.is_null(row, column)) return nullptr;
  switch (type) {
    case sql::Type::kBoolean:
      return chunk.boolean(row, column);
    case sql::Type::kInteger:
      return chunk.integer(row, column);
    case sql::Type::kDouble:
      return chunk.number(row, column);
    case sql::Type::kTimestamp:
      return iso8601(chunk.timestamp(row, column));
    default:
      return std::string(chunk.text(row, column));
  }
}

/// The statement with every column of an exotic type (dates, lists, intervals …) as text.
std::string with_readable_columns(const std::string& statement,
                                  const std::vector<sql::Column>& columns) {
  const auto exotic = [](const sql::Column& column) { return column.type == sql::Type::kOther; };
  if (std::none_of(columns.begin(), columns.end(), exotic)) return statement;
  std::string selected;
  std::string names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const char* comma = i == 0 ? "" : ", ";
    names += fmt::format("{}c{}", comma, i);
    selected += exotic(columns[i]) ? fmt::format("{}CAST(c{} AS VARCHAR)", comma, i)
                                   : fmt::format("{}c{}", comma, i);
  }
  const std::string inner = statement.substr(0, statement.find_last_not_of("; \t\r\n") + 1);
  // The line break ends a comment that the statement may end with.
  return fmt::format("SELECT {} FROM ({}\n) AS q({})", selected, inner, names);
}

/// What a value takes in memory.
std::int64_t bytes_of(const nlohmann::json& value) {
  const std::size_t text =
      value.is_string() ? value.get_ref<const std::string&>().size() : std::size_t{0};
  return static_cast<std::int64_t>(sizeof value + text);
}

Status collect(sql::Rows& rows, const QueryLimits& limits, QueryResult& result) {
  std::int64_t bytes = 0;
  for (;;) {
    auto chunk = rows.next();
    if (!chunk) return fail(chunk.error());
    if (!*chunk) return {};
    for (std::size_t row = 0; row < (*chunk)->rows(); ++row) {
      nlohmann::json values = nlohmann::json::array();
      for (std::size_t column = 0; column < rows.columns().size() && bytes <= limits.bytes_max;
           ++column) {
        values.push_back(cell(**chunk, row, column, rows.columns()[column].type));
        bytes += bytes_of(values.back());
      }
      if (static_cast<std::int64_t>(result.rows.size()) >= limits.rows_max ||
          bytes > limits.bytes_max) {
        result.truncated = true;
        return {};
      }
      result.rows.push_back(std::move(values));
    }
  }
}

Result<QueryResult> run(sql::Connection& connection, const std::string& statement,
                        const QueryLimits& limits) {
  if (Status checked = check_statement(connection, statement); !checked)
    return fail(checked.error());
  const auto columns = connection.inspect_select(statement);
  if (!columns) return fail(columns.error());
  if (Status begun = connection.execute("BEGIN TRANSACTION READ ONLY"); !begun) {
    return fail(begun.error());
  }
  auto rows = connection.query(with_readable_columns(statement, *columns));
  if (!rows) return fail(rows.error());
  QueryResult result;
  for (const sql::Column& column : *columns) result.columns.push_back(column.name);
  if (Status status = collect(*rows, limits, result); !status) return fail(status.error());
  return result;
}

}  // namespace

nlohmann::json QueryResult::to_json() const {
  return {{"columns", columns}, {"rows", rows}, {"truncated", truncated}};
}

Result<QueryResult> run_query(const sql::Database& database, const std::string& statement,
                              const QueryLimits& limits, std::stop_token stop) {
  auto connection = database.connect();
  if (!connection) return fail(connection.error());
  sql::Deadline deadline(*connection, limits.time_max, std::move(stop));
  auto result = run(*connection, statement, limits);
  if (!result && deadline.passed()) {
    return fail(ErrorCode::kTimeout, "the query took longer than {} s and was stopped",
                seconds(limits.time_max));
  }
  return result;
}

}  // namespace starling::history
