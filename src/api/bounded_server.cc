#include "api/bounded_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

namespace starling {
namespace {

using Clock = std::chrono::steady_clock;

/// The address of one end of a connection; unchanged where it is of another kind or unknown.
void name_of(int (*get)(int, sockaddr*, socklen_t*), socket_t socket, std::string& ip, int& port) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (get(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    port = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    port = ntohs(v6.sin6_port);
  } else {
    return;
  }
  ip = text;
}

/// One connection: each request and each answer has its time.
class BoundedStream final : public httplib::Stream {
 public:
  BoundedStream(socket_t socket, RequestBounds bounds) : socket_(socket), bounds_(bounds) {}

  /// Whether the next request begins within that time.
  bool begins_within(Duration time) {
    const bool begins = begin_ < end_ || wait(POLLIN, Clock::now() + time);
    request_ends_ = Clock::now() + bounds_.request;
    answer_ends_.reset();
    return begins;
  }

  bool is_readable() const override { return begin_ < end_ || wait(POLLIN, request_ends_); }
  bool is_writable() const override {
    return wait(POLLOUT, answer_ends_.value_or(Clock::now() + bounds_.answer));
  }

  ssize_t read(char* to, std::size_t size) override {
    answer_ends_.reset();  // what went before the body was only a word to go on
    if (begin_ == end_) {
      const ssize_t count = retried(POLLIN, request_ends_, [&] {
        return ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      });
      if (count <= 0) return count;
      begin_ = 0;
      end_ = static_cast<std::size_t>(count);
    }
    const std::size_t count = std::min(size, end_ - begin_);
    std::memcpy(to, buffer_.data() + begin_, count);
    begin_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, std::size_t size) override {
    if (!answer_ends_) answer_ends_ = Clock::now() + bounds_.answer;
    return retried(POLLOUT, *answer_ends_,
                   [&] { return ::send(socket_, from, size, MSG_DONTWAIT | MSG_NOSIGNAL); });
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    name_of(::getpeername, socket_, ip, port);
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    name_of(::getsockname, socket_, ip, port);
  }
  socket_t socket() const override { return socket_; }

 private:
  bool wait(short what, Clock::time_point end) const {
    const Clock::time_point until = std::min(end, Clock::now() + bounds_.pause);
    while (true) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
      if (left <= 0) return false;
      pollfd polled{socket_, what, 0};
      const int found = ::poll(&polled, 1, static_cast<int>(left));
      if (found > 0) return true;
      if (found == 0 || errno != EINTR) return false;
    }
  }

  /// What `once` returns when the socket is ready for it; −1 on an error or where time is up.
  template <typename Once>
  ssize_t retried(short what, Clock::time_point until, Once once) const {
    while (wait(what, until)) {
      const ssize_t count = once();
      if (count >= 0 || (errno != EINTR && errno != EAGAIN)) return count;
    }
    return -1;
  }

  socket_t socket_;
  RequestBounds bounds_;
  Clock::time_point request_ends_{};
  std::optional<Clock::time_point> answer_ends_;  // none before the answer's first byte
  std::array<char, 4096> buffer_{};
  std::size_t begin_ = 0, end_ = 0;  // of what was received and not yet read
};

}  // namespace

bool BoundedServer::process_and_close_socket(socket_t socket) {
  BoundedStream stream(socket, bounds_);
  // A server that stops does not wait for those who ask nothing.
  const auto begins = [&] {
    constexpr Duration kLook = 20ms;
    Duration left = std::chrono::seconds(keep_alive_timeout_sec_);
    for (; left > Duration{} && svr_sock_ != INVALID_SOCKET; left -= kLook) {
      if (stream.begins_within(kLook)) return true;
    }
    return false;
  };
  bool served = true, closed = false;
  for (std::size_t left = keep_alive_max_count_; left > 0 && served && !closed; --left) {
    if (!begins()) break;
    served = process_request(stream, left == 1, closed, nullptr);
  }
  ::shutdown(socket, SHUT_RDWR);
  ::close(socket);
  return served;
}

}  // namespace starling
