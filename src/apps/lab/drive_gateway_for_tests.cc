#include "apps/lab/drive_gateway_for_tests.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace starling::lab {
namespace {

constexpr int kBacklog = 1024;

/// Reads one request with a Content-Length: "METHOD path body", or nothing at the connection's end.
std::string read_request(int connection, std::string& buffer) {
  std::size_t whole = std::string::npos;
  std::size_t head = std::string::npos;
  while (buffer.size() < whole) {
    char bytes[4096];
    const auto count = ::recv(connection, bytes, sizeof bytes, 0);
    if (count <= 0) return "";
    buffer.append(bytes, static_cast<std::size_t>(count));
    if (head != std::string::npos || (head = buffer.find("\r\n\r\n")) == std::string::npos)
      continue;
    const auto length = buffer.find("Content-Length: ");
    head += 4;
    whole = head + (length < head ? std::strtoul(buffer.c_str() + length + 16, nullptr, 10) : 0);
  }
  const std::string line = buffer.substr(0, buffer.find(" HTTP/"));
  const std::string body = buffer.substr(head, whole - head);
  buffer.erase(0, whole);
  return line + " " + body;
}

void send_all(int connection, const std::string& text) {
  (void)!::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
}

}  // namespace

GatewayForTests::GatewayForTests(Manner manner) : manner_(manner) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, kBacklog) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

GatewayForTests::~GatewayForTests() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    for (const int connection : connections_) ::shutdown(connection, SHUT_RDWR);
  }
  changed_.notify_all();
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
  for (const int connection : connections_) ::close(connection);
  ::close(listener_);
}

std::string GatewayForTests::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

void GatewayForTests::hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void GatewayForTests::release() {
  {
    const std::lock_guard lock(mutex_);
    held_ = false;
  }
  changed_.notify_all();
}

int GatewayForTests::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

std::set<std::string> GatewayForTests::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void GatewayForTests::accept_all() {
  while (true) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (connection >= 0) connections_.push_back(connection);
    if (ending_ || connection < 0) return;
    threads_.emplace_back([this, connection] { serve(connection); });
  }
}

void GatewayForTests::serve(int connection) {
  std::string buffer;
  while (true) {
    const auto request = read_request(connection, buffer);
    if (request.empty()) return;
    {
      std::unique_lock lock(mutex_);
      ++received_;
      requests_.insert(request);
      changed_.wait(lock, [this] { return !held_ || ending_; });
      if (ending_) return;
    }
    switch (manner_) {
      case Manner::kAnswer:
        send_all(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        break;
      case Manner::kBusy:
        send_all(connection, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}");
        break;
      case Manner::kBreakOff:
        send_all(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
        [[fallthrough]];
      case Manner::kHangUp:
        // Closed by the destructor: until then the number must not come again.
        ::shutdown(connection, SHUT_RDWR);
        return;
    }
  }
}

}  // namespace starling::lab
