// Text files, gzipped or not: read line by line and bounded, written at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace starling {

/// Reads a file from top to bottom. Errors name the file and the line.
class LineReader {
 public:
  static constexpr std::size_t kLineBytesMax = 16U << 20;
  static constexpr std::int64_t kFileBytesMax = 4LL << 30;  // as inflated

  /// Errors: no such file, not a regular file.
  static Result<LineReader> open(const std::string& path);
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;
  ~LineReader();

  /// The next line without its end, or nothing at the end of the file; valid until the next call.
  /// Errors: damaged or truncated gzip, a line or a file over its bound.
  Result<std::optional<std::string_view>> next();
  /// Of the line that `next` gave last, from 1.
  std::int64_t line() const { return line_; }
  const std::string& path() const { return path_; }

 private:
  struct File;
  LineReader(std::string path, std::unique_ptr<File> file);
  Status refill();

  std::string path_;
  std::unique_ptr<File> file_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what was not given yet
  std::int64_t line_ = 0;
  std::int64_t bytes_ = 0;
  bool at_end_ = false;
};

/// Writes the bytes, gzipped when the name ends in ".gz"; the file is replaced at once.
Status write_maybe_gzipped(const std::string& path, const std::string& bytes);

}  // namespace starling
