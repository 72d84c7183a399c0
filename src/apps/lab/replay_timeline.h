// The file of `replay --timeline`: rows are added run by run, the whole appears at the end.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "base/result.h"

namespace starling::lab {

/// Writes beside the file and renames when all is there; what was begun and not finished is
/// removed.
class TimelineFile {
 public:
  /// Begins with the heading. Errors: it cannot be written there.
  static Result<TimelineFile> begin(const std::string& path);
  TimelineFile(TimelineFile&&) = default;
  TimelineFile& operator=(TimelineFile&&) = delete;
  ~TimelineFile();

  /// Errors: the disk.
  Status add(const std::string& rows);
  Status finish();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  TimelineFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  std::string unfinished() const { return path_ + ".new"; }

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace starling::lab
