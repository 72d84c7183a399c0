#include "history/query.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "sql/database.h"

namespace starling::history {
namespace {

/// Interrupts a connection when its time is over.
class Deadline {
 public:
  Deadline(sql::Connection& connection, Duration time_max)
      : thread_([this, &connection, time_max] {
          std::unique_lock lock(mutex_);
          if (done_.wait_for(lock, time_max, [this] { return finished_; })) return;
          // An interrupt that comes between two steps of a statement is forgotten: repeat it.
          do {
            passed_ = true;
            connection.interrupt();
          } while (!done_.wait_for(lock, 10ms, [this] { return finished_; }));
        }) {}

  ~Deadline() {
    {
      const std::lock_guard lock(mutex_);
      finished_ = true;
    }
    done_.notify_one();
    thread_.join();
  }

  bool passed() const {
    const std::lock_guard lock(mutex_);
    return passed_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable done_;
  bool finished_ = false;
  bool passed_ = false;
  std::thread thread_;  // last: it uses the others
};

std::string iso8601(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) text += fmt::format(".{:06}", clock.subseconds().count());
  return text + "Z";
}

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

/// The functions that may stand in FROM. Of DuckDB's own some change settings, run texts as SQL or
/// follow raw pointers, so what is not known to be harmless is refused.
constexpr std::array<std::string_view, 10> kAllowedTableFunctions{
    "range",         "generate_series",   "unnest",       "repeat",   "json_each", "duckdb_columns",
    "duckdb_tables", "pragma_table_info", "duckdb_views", "json_tree"};

/// Scalar functions that change something though they stand in a SELECT.
constexpr std::array<std::string_view, 3> kRefusedFunctions{"write_log", "nextval", "set_config"};

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The first function that a parsed statement may not call, or nothing.
std::optional<std::string> refused_function(const nlohmann::json& tree, bool in_from = false) {
  if (!tree.is_structured()) return std::nullopt;
  if (tree.is_object() && tree.contains("function_name") && tree["function_name"].is_string()) {
    std::string name = tree["function_name"];
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool refused =
        in_from ? !contains(kAllowedTableFunctions, name) : contains(kRefusedFunctions, name);
    if (refused) return name;
  }
  const bool is_table_function = tree.is_object() && tree.contains("type") &&
                                 tree["type"] == "TABLE_FUNCTION" && tree.contains("function");
  for (const auto& [key, child] : tree.items()) {
    if (auto name = refused_function(child, is_table_function && key == "function")) return name;
  }
  return std::nullopt;
}

/// Refuses all but one harmless SELECT by its syntax tree, before DuckDB looks up a single name in
/// it.
Status check_syntax(sql::Connection& connection, const std::string& statement) {
  auto rows = connection.query("SELECT json_serialize_sql($1::VARCHAR)::VARCHAR", {statement});
  if (!rows) return fail(rows.error());
  auto chunk = rows->next();
  if (!chunk) return fail(chunk.error());
  const auto tree = nlohmann::json::parse((*chunk)->text(0, 0), nullptr, false);
  if (!tree.is_object() || tree.value("error", true)) {
    const std::string reason = tree.is_object() ? tree.value("error_message", "") : "";
    if (reason.starts_with("Only SELECT")) {
      return fail(
          ErrorCode::kInvalid,
          "only a SELECT is allowed here (a PIVOT must name its values: ON model IN ('a', 'b'))");
    }
    return fail(ErrorCode::kInvalid, "not a SELECT that can be checked: {}", reason);
  }
  if (!tree.contains("statements") || tree["statements"].size() != 1) {
    return fail(ErrorCode::kInvalid, "exactly one SELECT is allowed here");
  }
  if (const auto name = refused_function(tree)) {
    return fail(ErrorCode::kInvalid, "{}() is not allowed here: the history is read-only", *name);
  }
  return {};
}

/// Bytes of a row that can be large; numbers are bounded by the number of rows.
std::int64_t text_bytes(const nlohmann::json& row) {
  std::int64_t bytes = 0;
  for (const auto& value : row) {
    if (value.is_string())
      bytes += static_cast<std::int64_t>(value.get_ref<const std::string&>().size());
  }
  return bytes;
}

Status collect(sql::Rows& rows, const QueryLimits& limits, QueryResult& result) {
  std::int64_t bytes = 0;
  for (;;) {
    auto chunk = rows.next();
    if (!chunk) return fail(chunk.error());
    if (!*chunk) return {};
    for (std::size_t row = 0; row < (*chunk)->rows(); ++row) {
      nlohmann::json values = nlohmann::json::array();
      for (std::size_t column = 0; column < rows.columns().size(); ++column) {
        values.push_back(cell(**chunk, row, column, rows.columns()[column].type));
      }
      bytes += text_bytes(values);
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
  if (Status checked = check_syntax(connection, statement); !checked) return fail(checked.error());
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
                              const QueryLimits& limits) {
  auto connection = database.connect();
  if (!connection) return fail(connection.error());
  Deadline deadline(*connection, limits.time_max);
  auto result = run(*connection, statement, limits);
  if (!result && deadline.passed()) {
    return fail(ErrorCode::kTimeout, "the query took longer than {} s and was stopped",
                seconds(limits.time_max));
  }
  return result;
}

}  // namespace starling::history
