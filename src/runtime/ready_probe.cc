#include "runtime/ready_probe.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace starling {

bool probe_ready(const std::string& host, int port, Duration timeout) {
  httplib::Client client(host, port);
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  client.set_write_timeout(timeout);
  client.set_tcp_nodelay(true);
  const auto answer = client.Get("/v2/health/ready");
  return answer && answer->status == 200;
}

Result<int> free_port(const std::string& host) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return fail(ErrorCode::kInvalid, "'{}' is not an IPv4 address of this machine", host);
  }
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool found = fd >= 0 && ::bind(fd, generic, sizeof address) == 0 &&
                     ::getsockname(fd, generic, &length) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!found)
    return fail(ErrorCode::kInternal, "no free port on {}: {}", host, std::strerror(error));
  return ntohs(address.sin_port);
}

}  // namespace starling
