// The beginning of a file: all that detection sees of it.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/database.h"
#include "trace/formats/file_check.h"

namespace starling {

struct FileHead {
  std::string path = "";
  Packing packing = Packing::kPlain;
  std::vector<std::string>
      lines{};           // the first few of a text file, without those that are no UTF-8
  char delimiter = ',';  // of the first line: , ; tab or |, whichever it has most of
  std::vector<std::string> columns{};    // the first line's cells, trimmed; or the Parquet columns
  std::vector<std::string> first_row{};  // the second line's cells; empty for Parquet

  bool is_text() const { return packing != Packing::kParquet; }
  bool has(std::string_view column) const;
  bool has_all(const std::vector<std::string_view>& columns) const;
};

/// The cells, trimmed, of one of a text file's `lines`.
std::vector<std::string> row_cells(const FileHead& head, std::size_t line);

/// Checks the file (file_check.h) and reads its beginning. An answer of Prometheus is one line: its
/// own bound stands in for the ones on lines and text. Errors: those of check_file(), a Parquet
/// file of more rows or bytes than allowed; kTimeout without words when `until` is over.
Result<FileHead> read_head(sql::Connection& connection, const std::string& path,
                           const ReadRawLimits& limits,
                           std::chrono::steady_clock::time_point until);

/// The path as a pattern that matches only itself, quoted: DuckDB expands *, ? and [.
std::string quoted_path(const std::string& path);

/// A query with the parts that stand in braces in its .sql file, each an fmt::arg: for what DuckDB
/// does not take as a parameter.
template <typename... Parts>
std::string filled_in(std::string_view query, const Parts&... parts) {
  return fmt::format(fmt::runtime(query), parts...);
}

/// A text file's lines as a query, as column `text`; `rejects` are read_csv()'s options on lines
/// that are none.
std::string whole_lines_query(const FileHead& head, std::string_view encoding,
                              const ReadRawLimits& limits, std::string_view rejects);

/// What DuckDB needs to hold two lines of the longest kind, and not less than its usual.
std::int64_t buffer_bytes(const ReadRawLimits& limits);

/// Whether a cell says that there is no value: it is empty, or NA, nan, null …
bool is_missing(std::string_view cell);
/// The same words as a list of SQL literals.
std::string missing_words();

}  // namespace starling
