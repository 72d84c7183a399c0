// Who looks after nodes that outlive the process which made them: as long as anybody keeps the
// file, they run; a while after the last keeper went they end by themselves.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace starling {

/// Keeps the file while it lives; several may at a time.
class Keeper {
 public:
  /// Errors: the file can't be made.
  static Result<Keeper> keep(const std::filesystem::path& file);
  Keeper(Keeper&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Keeper& operator=(Keeper&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Keeper();

 private:
  explicit Keeper(int fd) : fd_(fd) {}
  int fd_;
};

/// Whether somebody keeps the file. One that is not there nobody keeps.
bool is_kept(const std::filesystem::path& file);

}  // namespace starling
