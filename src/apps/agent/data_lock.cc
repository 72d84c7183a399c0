#include "apps/agent/data_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace starling::agent {

Result<DataLock> DataLock::take(const std::filesystem::path& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error)
    return fail(ErrorCode::kInvalid, "{}: cannot be made: {}", folder.string(), error.message());
  if (made) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) {
    return fail(ErrorCode::kInvalid, "{}: cannot be made private: {}", folder.string(),
                error.message());
  }
  const auto path = folder / "lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fail(ErrorCode::kInvalid, "{}: {}", path.string(), std::strerror(errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return fail(ErrorCode::kConflict,
                "{}: another fleet or agent uses this data directory: stop it, or choose "
                "another directory with --data",
                folder.string());
  }
  return DataLock(fd);
}

DataLock::~DataLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace starling::agent
