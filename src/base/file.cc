#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <mutex>

namespace starling {

Result<std::string> read_file(const std::filesystem::path& path, std::int64_t bytes_max) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    return fail(ErrorCode::kNotFound, "{}: no such file", path.string());
  }
  if (!std::filesystem::is_regular_file(status)) {
    return fail(ErrorCode::kInvalid, "{}: not a regular file", path.string());
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return fail(ErrorCode::kInvalid, "{}: {}", path.string(), std::strerror(errno));
  std::string bytes;
  char chunk[1 << 16];
  while (stream.read(chunk, sizeof chunk) || stream.gcount() > 0) {
    bytes.append(chunk, static_cast<std::size_t>(stream.gcount()));
    if (static_cast<std::int64_t>(bytes.size()) > bytes_max) {
      return fail(ErrorCode::kTooLarge, "{}: longer than {} bytes", path.string(), bytes_max);
    }
  }
  return bytes;
}

Status check_writable(const std::filesystem::path& path) {
  std::error_code error;
  if (path.filename().empty() || std::filesystem::is_directory(path, error)) {
    return fail(ErrorCode::kInvalid, "{}: is a folder; name a file to write", path.string());
  }
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::is_directory(folder, error)) {
    return fail(ErrorCode::kNotFound, "{}: there is no folder {}; create it first", path.string(),
                folder.string());
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return fail(ErrorCode::kInvalid, "{}: {}: {}", path.string(), folder.string(),
                std::strerror(errno));
  }
  return {};
}

Status write_file_atomically(const std::filesystem::path& path, std::string_view bytes, int mode) {
  // Two threads that write the same file do so one after the other.
  static std::array<std::mutex, 16> writing;
  const std::lock_guard lock(writing[std::hash<std::string>()(path.string()) % writing.size()]);
  const std::string temporary = path.string() + ".new";
  const auto failed = [&](int fd) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    ::unlink(temporary.c_str());
    return fail(ErrorCode::kInternal, "{}: {}", path.string(), std::strerror(error));
  };
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return failed(fd);
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(fd);
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(fd) != 0) return failed(fd);
  ::close(fd);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed(-1);
  return {};
}

void bound_log_file(const std::filesystem::path& path, std::uintmax_t bytes_max) {
  std::error_code ignored;
  const auto bytes = std::filesystem::file_size(path, ignored);
  if (!ignored && bytes > bytes_max) std::filesystem::resize_file(path, 0, ignored);
}

}  // namespace starling
