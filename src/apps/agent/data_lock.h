// One agent a data folder: a lock that goes with the process that holds it.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace starling::agent {

class DataLock {
 public:
  /// Creates the folder if need be, with mode 0700 then. Errors: another process holds it
  /// (kConflict), no rights.
  static Result<DataLock> take(const std::filesystem::path& folder);
  DataLock(DataLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  DataLock& operator=(DataLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~DataLock();

 private:
  explicit DataLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace starling::agent
