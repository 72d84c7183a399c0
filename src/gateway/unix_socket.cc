#include "gateway/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace starling {
namespace {

constexpr std::size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.string().size());
  return address;
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Status check_unix_path(const std::filesystem::path& path, std::size_t reserve) {
  const auto bytes = path.string().size() + reserve;
  if (bytes <= kPathBytesMax) return {};
  return fail(ErrorCode::kInvalid,
              "{}: a socket's path may have {} bytes, this one needs {}: choose a data folder with "
              "a shorter path",
              path.string(), kPathBytesMax, bytes);
}

Result<FileDescriptor> listen_unix(const std::filesystem::path& path) {
  if (auto status = check_unix_path(path); !status) return fail(status.error());
  FileDescriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto address = address_of(path);
  ::unlink(path.c_str());
  if (listener.get() < 0 ||
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(listener.get(), SOMAXCONN) != 0) {
    return fail(ErrorCode::kInternal, "cannot listen at {}: {}", path.string(),
                std::strerror(errno));
  }
  return listener;
}

Result<FileDescriptor> connect_unix(const std::filesystem::path& path, Duration timeout) {
  if (auto status = check_unix_path(path); !status) return fail(status.error());
  FileDescriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{.tv_sec = timeout / 1s, .tv_usec = (timeout % 1s) / 1us};
  const auto address = address_of(path);
  if (connection.get() < 0 ||
      ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
      ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
      ::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
          0) {
    return fail(ErrorCode::kUnavailable, "cannot connect to {}: {}", path.string(),
                std::strerror(errno));
  }
  return connection;
}

}  // namespace starling
