#include "provider/keeper.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace starling {
namespace {

/// Over the whole file, of an open file description: it goes with the last descriptor, and several
/// in one process are told apart.
struct flock whole(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

Result<Keeper> Keeper::keep(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fail(ErrorCode::kInvalid, "{}: {}", file.string(), std::strerror(errno));
  auto lock = whole(F_RDLCK);
  if (::fcntl(fd, F_OFD_SETLK, &lock) != 0) {
    const int error = errno;
    ::close(fd);
    return fail(ErrorCode::kInvalid, "{}: cannot be locked: {}", file.string(),
                std::strerror(error));
  }
  return Keeper(fd);
}

Keeper::~Keeper() {
  if (fd_ >= 0) ::close(fd_);
}

bool is_kept(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  auto lock = whole(F_WRLCK);
  const bool asked = ::fcntl(fd, F_OFD_GETLK, &lock) == 0;
  ::close(fd);
  return asked && lock.l_type != F_UNLCK;
}

}  // namespace starling
