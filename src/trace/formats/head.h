// The beginning of a file: all that detection sees of it.
#pragma once

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

/// Checks the file (file_check.h) and reads its beginning.
Result<FileHead> read_head(sql::Connection& connection, const std::string& path,
                           const ReadRawLimits& limits);

/// The path as a pattern that matches only itself, quoted: DuckDB expands *, ? and [.
std::string quoted_path(const std::string& path);

/// The options of read_csv() that read each line of a text file whole, as column `text`: \x01
/// stands in no such file.
std::string whole_lines_source(const FileHead& head, std::string_view encoding,
                               const ReadRawLimits& limits);

}  // namespace starling
