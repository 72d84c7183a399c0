#include "trace/formats/head.h"

#include <algorithm>
#include <array>

#include "base/csv.h"
#include "base/units.h"
#include "trace/formats/parquet_size.sql.h"
#include "trace/formats/prometheus.h"
#include "trace/formats/whole_lines.sql.h"

namespace starling {
namespace {

constexpr int kHeadLines = 5;
constexpr std::size_t kStartBytes = 64 << 10;  // by which a Prometheus answer is known
constexpr std::array<std::string_view, 8> kMissingWords{"",    "NA",   "N/A",  "nan",
                                                        "NaN", "null", "NULL", "None"};

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

std::vector<std::string> split_line(std::string_view line, char delimiter) {
  std::vector<std::string> cells = csv_cells(line, delimiter);
  for (std::string& cell : cells) cell = trimmed(cell);
  return cells;
}

/// The delimiter that divides the line into most cells.
char delimiter_of(std::string_view line) {
  constexpr std::string_view kDelimiters = ",;\t|";
  return *std::max_element(kDelimiters.begin(), kDelimiters.end(), [&](char a, char b) {
    return split_line(line, a).size() < split_line(line, b).size();
  });
}

Result<std::vector<std::string>> texts(sql::Connection& connection, const std::string& query) {
  auto rows = connection.query(query);
  if (!rows) return fail(rows.error());
  std::vector<std::string> result;
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return fail(chunk.error());
    if (!*chunk) return result;
    for (std::size_t i = 0; i < (*chunk)->rows(); ++i) {
      if (!(*chunk)->is_null(i, 0)) result.emplace_back((*chunk)->text(i, 0));
    }
  }
}

/// A Zstandard file is unpacked by DuckDB only, which complains of long lines unless it may ignore
/// errors.
Status check_zstd_lines(sql::Connection& connection, const FileHead& head,
                        const ReadRawLimits& limits) {
  auto counted = texts(connection, fmt::format("SELECT CAST(count(*) AS VARCHAR) FROM ({})",
                                               whole_lines_query(head, "latin-1", limits, "")));
  if (counted) return {};
  if (counted.error().code == ErrorCode::kTimeout) return fail(counted.error());
  return fail(ErrorCode::kTooLarge,
              "{}: a line of more than {} bytes; is this a text file with one row a line? If so "
              "raise --max-line-bytes of `starling trace`",
              head.path, limits.line_bytes_max);
}

/// The columns of a Parquet file, whose size its own metadata tell.
Result<std::vector<std::string>> parquet_columns(sql::Connection& connection,
                                                 const std::string& path,
                                                 const ReadRawLimits& limits) {
  const auto damaged = [&](const Error& error) {
    return error.code == ErrorCode::kTimeout
               ? fail(error)
               : fail(ErrorCode::kInvalid, "{}: damaged or truncated Parquet file ({})", path,
                      error.message);
  };
  auto rows = connection.query(filled_in(kParquetSizeSql, fmt::arg("path", quoted_path(path))));
  if (!rows) return damaged(rows.error());
  auto chunk = rows->next();
  if (!chunk) return damaged(chunk.error());
  if (*chunk && (*chunk)->integer(0, 0) > limits.rows_max) {
    return fail(ErrorCode::kTooLarge,
                "{}: {} rows, more than {}; split it, or raise --max-rows of `starling trace`",
                path, (*chunk)->integer(0, 0), limits.rows_max);
  }
  if (*chunk && (*chunk)->integer(0, 1) > limits.file_bytes_max) {
    return fail(ErrorCode::kTooLarge,
                "{}: {} bytes uncompressed, more than {}; split it, or raise --max-file-bytes of "
                "`starling trace`",
                path, (*chunk)->integer(0, 1), limits.file_bytes_max);
  }
  auto columns = texts(connection, fmt::format("SELECT column_name FROM (DESCRIBE FROM "
                                               "read_parquet({}))",
                                               quoted_path(path)));
  if (!columns) return damaged(columns.error());
  return columns;
}

Status check_answer(const std::string& path, Packing packing, ReadRawLimits limits,
                    std::chrono::steady_clock::time_point until) {
  limits.line_bytes_max = limits.file_bytes_max = kPrometheusAnswerBytesMax;
  const Status status = check_file(path, packing, limits, until);
  if (status || status.error().code != ErrorCode::kTooLarge) return status;
  return fail(ErrorCode::kTooLarge,
              "{}: a Prometheus answer of more than {}; ask for less time, a longer step or fewer "
              "series",
              path, format_memory(kPrometheusAnswerBytesMax));
}

/// The first few lines of a text file, without those that are no UTF-8.
Result<std::vector<std::string>> first_lines(sql::Connection& connection, const FileHead& head,
                                             const ReadRawLimits& limits) {
  if (head.packing == Packing::kZstd) {
    if (Status s = check_zstd_lines(connection, head, limits); !s) return fail(s.error());
  }
  auto lines = texts(
      connection,
      fmt::format("FROM ({}) LIMIT {}",
                  whole_lines_query(head, "utf-8", limits, ", ignore_errors = true"), kHeadLines));
  if (!lines) return fail(lines.error().code, "{}: {}", head.path, lines.error().message);
  if (lines->empty()) return fail(ErrorCode::kInvalid, "{}: no line of text in it", head.path);
  if (lines->front().starts_with("\xEF\xBB\xBF")) lines->front().erase(0, 3);  // byte order mark
  return lines;
}

}  // namespace

bool FileHead::has(std::string_view column) const {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

bool FileHead::has_all(const std::vector<std::string_view>& wanted) const {
  return std::all_of(wanted.begin(), wanted.end(), [&](std::string_view c) { return has(c); });
}

std::vector<std::string> row_cells(const FileHead& head, std::size_t line) {
  return split_line(head.lines[line], head.delimiter);
}

std::string quoted_path(const std::string& path) {
  std::string pattern;
  for (const char c : path) {
    const bool special = c == '*' || c == '?' || c == '[';
    pattern += special ? std::string{'[', c, ']'} : std::string{c};
  }
  return sql::quoted(pattern);
}

std::int64_t buffer_bytes(const ReadRawLimits& limits) {
  return std::max<std::int64_t>(32 << 20, 2 * limits.line_bytes_max);
}

std::string whole_lines_query(const FileHead& head, std::string_view encoding,
                              const ReadRawLimits& limits, std::string_view rejects) {
  return filled_in(kWholeLinesSql, fmt::arg("path", quoted_path(head.path)),
                   fmt::arg("compression", compression_name(head.packing)),
                   fmt::arg("encoding", encoding), fmt::arg("delimiter", "\x01"),
                   fmt::arg("line_bytes_max", limits.line_bytes_max),
                   fmt::arg("buffer_bytes", buffer_bytes(limits)), fmt::arg("rejects", rejects));
}

bool is_missing(std::string_view cell) {
  return std::find(kMissingWords.begin(), kMissingWords.end(), cell) != kMissingWords.end();
}

std::string missing_words() {
  std::string words;
  for (const std::string_view word : kMissingWords) {
    words += fmt::format("{}{}", words.empty() ? "" : ", ", sql::quoted(word));
  }
  return words;
}

Result<FileHead> read_head(sql::Connection& connection, const std::string& path,
                           const ReadRawLimits& limits,
                           std::chrono::steady_clock::time_point until) {
  const auto packing = packing_of(path);
  if (!packing) return fail(packing.error());
  FileHead head{.path = path, .packing = *packing, .lines = {}, .columns = {}, .first_row = {}};
  std::string start = first_text(path, *packing, kStartBytes);
  const bool is_answer = begins_like_prometheus(start);
  const Status checked = is_answer ? check_answer(path, *packing, limits, until)
                                   : check_file(path, *packing, limits, until);
  if (!checked) return fail(checked.error());
  if (!head.is_text()) {
    auto columns = parquet_columns(connection, path, limits);
    if (!columns) return fail(columns.error());
    head.columns = std::move(*columns);
    return head;
  }
  if (is_answer) {
    head.lines = {std::move(start)};
  } else {
    auto lines = first_lines(connection, head, limits);
    if (!lines) return fail(lines.error());
    head.lines = std::move(*lines);
  }
  head.delimiter = delimiter_of(head.lines[0]);
  head.columns = split_line(head.lines[0], head.delimiter);
  if (head.lines.size() > 1) head.first_row = split_line(head.lines[1], head.delimiter);
  return head;
}

}  // namespace starling
