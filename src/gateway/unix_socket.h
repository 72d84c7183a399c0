// Unix-domain stream sockets, with errors that say what to change.
#pragma once

#include <filesystem>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace starling {

/// Owns a file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  FileDescriptor(const FileDescriptor&) = delete;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// The kernel takes paths of at most 107 bytes. `reserve`: bytes that someone will add to it.
/// Error: kInvalid, with the length, and that the data folder must be a shorter path.
Status check_unix_path(const std::filesystem::path& path, std::size_t reserve = 0);

/// A non-blocking listener at `path` (mode 0600); a socket left there by an earlier run is
/// replaced.
Result<FileDescriptor> listen_unix(const std::filesystem::path& path);

/// A connection whose reads and writes give up after `timeout`. Errors: kUnavailable, with the
/// path.
Result<FileDescriptor> connect_unix(const std::filesystem::path& path, Duration timeout);

}  // namespace starling
