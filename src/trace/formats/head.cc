#include "trace/formats/head.h"

#include <algorithm>

namespace starling {
namespace {

constexpr int kHeadLines = 5;

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

/// Splits one line; a quoted cell may hold delimiters and doubled quotes.
std::vector<std::string> split_line(std::string_view line, char delimiter) {
  std::vector<std::string> cells(1);
  bool in_quotes = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && in_quotes && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[++i];
    } else if (c == '"') {
      in_quotes = !in_quotes;
    } else if (c == delimiter && !in_quotes) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
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
  auto counted = texts(connection, fmt::format("SELECT CAST(count(*) AS VARCHAR) FROM read_csv({})",
                                               whole_lines_source(head, "latin-1", limits)));
  if (counted) return {};
  if (counted.error().code == ErrorCode::kTimeout) return fail(counted.error());
  return fail(ErrorCode::kTooLarge,
              "{}: a line of more than {} bytes; is this a text file with one row a line? If so "
              "raise the limit on a line's bytes",
              head.path, limits.line_bytes_max);
}

}  // namespace

bool FileHead::has(std::string_view column) const {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

bool FileHead::has_all(const std::vector<std::string_view>& wanted) const {
  return std::all_of(wanted.begin(), wanted.end(), [&](std::string_view c) { return has(c); });
}

std::string quoted_path(const std::string& path) {
  std::string pattern;
  for (const char c : path) {
    const bool special = c == '*' || c == '?' || c == '[';
    pattern += special ? std::string{'[', c, ']'} : std::string{c};
  }
  return sql::quoted(pattern);
}

std::string whole_lines_source(const FileHead& head, std::string_view encoding,
                               const ReadRawLimits& limits) {
  constexpr std::string_view kCompression[] = {"none", "gzip", "zstd"};
  return fmt::format(
      "{}, compression = '{}', encoding = '{}', max_line_size = {}, buffer_size = {}, "
      "auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', "
      "columns = {{'text': 'VARCHAR'}}",
      quoted_path(head.path), kCompression[static_cast<int>(head.packing)], encoding,
      limits.line_bytes_max, std::max<std::int64_t>(32 << 20, 2 * limits.line_bytes_max));
}

Result<FileHead> read_head(sql::Connection& connection, const std::string& path,
                           const ReadRawLimits& limits) {
  const auto packing = packing_of(path);
  if (!packing) return fail(packing.error());
  if (Status status = check_file(path, *packing, limits); !status) return fail(status.error());
  FileHead head{.path = path, .packing = *packing, .lines = {}, .columns = {}, .first_row = {}};
  if (!head.is_text()) {
    auto columns = texts(
        connection,
        fmt::format("SELECT column_name FROM (DESCRIBE FROM read_parquet({}))", quoted_path(path)));
    if (!columns) {
      return fail(ErrorCode::kInvalid, "{}: damaged or truncated Parquet file ({})", path,
                  columns.error().message);
    }
    head.columns = std::move(*columns);
    return head;
  }
  if (head.packing == Packing::kZstd) {
    if (Status s = check_zstd_lines(connection, head, limits); !s) return fail(s.error());
  }
  auto lines =
      texts(connection, fmt::format("SELECT text FROM read_csv({}, ignore_errors = true) LIMIT {}",
                                    whole_lines_source(head, "utf-8", limits), kHeadLines));
  if (!lines) return fail(lines.error().code, "{}: {}", path, lines.error().message);
  if (lines->empty()) return fail(ErrorCode::kInvalid, "{}: no line of text in it", path);
  head.lines = std::move(*lines);
  if (head.lines[0].starts_with("\xEF\xBB\xBF")) head.lines[0].erase(0, 3);  // byte order mark
  head.delimiter = delimiter_of(head.lines[0]);
  head.columns = split_line(head.lines[0], head.delimiter);
  if (head.lines.size() > 1) head.first_row = split_line(head.lines[1], head.delimiter);
  return head;
}

}  // namespace starling
