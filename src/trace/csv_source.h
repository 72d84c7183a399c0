// A CSV file, plain or gzipped, as typed rows: DuckDB's CSV engine with errors for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "sql/database.h"

namespace starling {

enum class CellType {
  kTime,    // ISO 8601 or seconds: comes out as integer microseconds
  kText,    // null when empty
  kNumber,  // null when empty
};

/// Reads one file from top to bottom in bounded memory (512 MB whatever the file's size).
class CsvSource {
 public:
  /// Errors: no such file, not readable, damaged gzip, no header.
  static Result<CsvSource> open(const std::string& path);

  /// The cells of the first line.
  const std::vector<std::string>& header() const { return header_; }
  const std::string& path() const { return path_; }

  /// Calls `on_chunk(chunk, line)` for all rows in order; `line` is the file's line of the chunk's
  /// first row (blank lines not counted). One type a header cell. Stops at the first error of
  /// either side.
  template <typename OnChunk>
  Status read(const std::vector<CellType>& types, OnChunk on_chunk) {
    auto rows = start(types);
    if (!rows) return fail(rows.error());
    std::int64_t line = 2;
    for (;;) {
      auto chunk = rows->next();
      if (!chunk) return fail(explained(chunk.error()));
      if (!*chunk) return {};
      if (Status status = on_chunk(**chunk, line); !status) return status;
      line += static_cast<std::int64_t>((*chunk)->rows());
    }
  }

  /// "file:line, column 'x'": how every error of a cell begins.
  std::string at(std::int64_t line, std::size_t column) const;

 private:
  CsvSource(std::string path, sql::Connection connection)
      : path_(std::move(path)), connection_(std::move(connection)) {}
  Result<sql::Rows> start(const std::vector<CellType>& types);
  Error explained(const Error& error) const;

  std::string path_;
  sql::Connection connection_;
  std::vector<std::string> header_;
};

}  // namespace starling
