#include "base/free_ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace starling {

Result<std::vector<int>> free_ports(int count, const std::string& host) {
  std::vector<int> ports, sockets;
  in_addr at{};
  const bool is_address = ::inet_pton(AF_INET, host.c_str(), &at) == 1;
  for (int i = 0; is_address && i < count; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockets.push_back(fd);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr = at;
    socklen_t size = sizeof address;
    if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      break;
    }
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int fd : sockets) ::close(fd);
  if (static_cast<int>(ports.size()) < count)
    return fail(ErrorCode::kInternal, "no free ports on {}", host);
  return ports;
}

}  // namespace starling
