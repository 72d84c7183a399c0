#include "trace/csv_source.h"

#include <filesystem>
#include <regex>

#include "trace/gzip_check.h"

namespace starling {
namespace {

/// The path as a pattern that matches only itself: DuckDB expands *, ? and [.
std::string literal_pattern(const std::string& path) {
  std::string pattern;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[') {
      pattern += '[';
      pattern += c;
      pattern += ']';
    } else {
      pattern += c;
    }
  }
  return pattern;
}

/// Splits one CSV line; a quoted cell may hold commas and doubled quotes.
std::vector<std::string> split_line(std::string_view line) {
  if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);  // byte order mark
  std::vector<std::string> cells(1);
  bool in_quotes = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && in_quotes && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[++i];
    } else if (c == '"') {
      in_quotes = !in_quotes;
    } else if (c == ',' && !in_quotes) {
      cells.emplace_back();
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  return cells;
}

Status check_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return fail(ErrorCode::kNotFound, "{}: no such file", path);
  if (!std::filesystem::is_regular_file(status)) {
    return fail(ErrorCode::kInvalid, "{}: not a regular file", path);
  }
  if (std::filesystem::file_size(path, error) == 0) {
    return fail(ErrorCode::kInvalid, "{}: the file is empty; a header line was expected", path);
  }
  return path.ends_with(".gz") ? check_gzip(path) : Status{};
}

/// The first line, undivided: \x01 stands in no CSV file.
std::string first_line_query(const std::string& path) {
  return fmt::format(
      "SELECT line FROM read_csv({}, auto_detect = false, header = false, delim = '\x01', "
      "quote = '', escape = '', columns = {{'line': 'VARCHAR'}}) LIMIT 1",
      sql::quoted(literal_pattern(path)));
}

bool is_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0';
}

}  // namespace

Result<CsvSource> CsvSource::open(const std::string& path) {
  if (Status status = check_file(path); !status) return fail(status.error());
  auto database = sql::Database::open("");
  if (!database) return fail(database.error());
  auto connection = database->connect();
  if (!connection) return fail(connection.error());

  CsvSource source(path, std::move(*connection));
  auto rows = source.connection_.query(first_line_query(path));
  if (!rows) return fail(source.explained(rows.error()));
  auto chunk = rows->next();
  if (!chunk) return fail(source.explained(chunk.error()));
  if (!*chunk || (*chunk)->is_null(0, 0)) {
    return fail(ErrorCode::kInvalid, "{}: the file is empty; a header line was expected", path);
  }
  source.header_ = split_line((*chunk)->text(0, 0));
  if (is_number(source.header_[0])) {
    return fail(ErrorCode::kInvalid,
                "{}:1: no header: the first line is data ('{}'); start the file with a line "
                "'timestamp,workload,value' or 'timestamp,<workload>,…'",
                path, source.header_[0]);
  }
  return source;
}

Result<sql::Rows> CsvSource::start(const std::vector<CellType>& types) {
  std::string columns;
  std::string selected;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::string name = fmt::format("c{}", i);
    const bool number = types[i] == CellType::kNumber;
    columns += fmt::format("{}'{}': '{}'", i == 0 ? "" : ", ", name, number ? "DOUBLE" : "VARCHAR");
    if (i > 0) selected += ", ";
    selected += types[i] != CellType::kTime
                    ? name
                    : fmt::format(
                          "coalesce(try_cast(round(try_cast({0} AS DOUBLE) * 1e6) AS BIGINT), "
                          "epoch_us(try_cast({0} AS TIMESTAMPTZ))) AS {0}",
                          name);
  }
  auto rows = connection_.query(fmt::format(
      "SELECT {} FROM read_csv({}, auto_detect = false, header = true, delim = ',', quote = '\"', "
      "escape = '\"', nullstr = '', columns = {{{}}})",
      selected, sql::quoted(literal_pattern(path_)), columns));
  if (!rows) return fail(explained(rows.error()));
  return rows;
}

std::string CsvSource::at(std::int64_t line, std::size_t column) const {
  return fmt::format("{}:{}, column '{}'", path_, line, header_[column]);
}

// DuckDB's message holds the line, the column and the text, but also the whole row and its own
// settings.
Error CsvSource::explained(const Error& error) const {
  const std::string& text = error.message;
  std::smatch line, cell, columns;
  const bool has_line = std::regex_search(text, line, std::regex("CSV Error on Line: (\\d+)"));
  const std::string where = has_line ? path_ + ":" + line[1].str() : path_;
  if (std::regex_search(text, cell,
                        std::regex("converting column \"c(\\d+)\". Could not convert string "
                                   "\"([^\"]*)\""))) {
    const auto index = static_cast<std::size_t>(std::stoul(cell[1].str()));
    return Error{ErrorCode::kInvalid, fmt::format("{}, column '{}': '{}' is not a number", where,
                                                  header_.at(index), cell[2].str())};
  }
  if (std::regex_search(text, columns,
                        std::regex("Expected Number of Columns: (\\d+) Found: (\\d+)"))) {
    return Error{ErrorCode::kInvalid, fmt::format("{}: {} cells, but the header has {}", where,
                                                  columns[2].str(), columns[1].str())};
  }
  return Error{error.code, fmt::format("{}: {}", where, text.substr(0, text.find('\n')))};
}

}  // namespace starling
