#include "gateway/holding_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <list>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/unix_socket.h"

namespace starling {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kConnectionsMax = 1024;
constexpr Duration kLinger = 1s;

/// The model of "POST /v2/models/<model>/infer HTTP/1.1"; empty for anything else.
std::string_view model_of(std::string_view head) {
  constexpr std::string_view kPrefix = " /v2/models/";
  const auto line = head.substr(0, head.find("\r\n"));
  const auto begin = line.find(kPrefix);
  if (begin == std::string_view::npos) return {};
  const auto rest = line.substr(begin + kPrefix.size());
  return rest.substr(0, rest.find_first_of("/? "));
}

std::string answer_text(std::string_view status, std::string_view error) {
  const std::string body = fmt::format(R"({{"error":"{}"}})", error);
  return fmt::format(
      "HTTP/1.1 {}\r\ncontent-type: application/json\r\nretry-after: 1\r\ncontent-length: {}\r\n"
      "connection: close\r\n\r\n{}",
      status, body.size(), body);
}

struct Held {
  FileDescriptor connection;
  SteadyTime since;
  std::size_t bytes = 0;
  std::string head;       // until its end has been seen
  std::string model;      // empty until then
  bool answered = false;  // waits for HAProxy to close
};

class HoldingThread final : public HoldingServer {
 public:
  HoldingThread(Options options, FileDescriptor listener, FileDescriptor wake)
      : options_(std::move(options)),
        listener_(std::move(listener)),
        wake_(std::move(wake)),
        thread_([this] { run(); }) {}

  ~HoldingThread() override {
    change([&] { stopping_ = true; });
    thread_.join();
  }

  void know(std::set<std::string> models) override {
    change([&] { known_ = std::move(models); });
  }

  void release(const std::string& model) override {
    change([&] { released_.insert(model); });
  }

 private:
  template <typename Change>
  void change(Change apply) {
    const std::lock_guard lock(mutex_);
    apply();
    ::eventfd_write(wake_.get(), 1);
  }

  void run() {
    while (true) {
      std::vector<pollfd> watched{{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
      for (const auto& held : held_) watched.push_back({held.connection.get(), POLLIN, 0});
      ::poll(watched.data(), watched.size(), held_.empty() ? -1 : 100);
      auto next = watched.begin() + 2;
      for (auto held = held_.begin(); held != held_.end(); ++next) {
        held = next->revents == 0 || read(*held) ? std::next(held) : held_.erase(held);
      }
      eventfd_t ignored;
      if (watched[0].revents != 0) ::eventfd_read(wake_.get(), &ignored);
      if (watched[1].revents != 0) accept();
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      settle(std::chrono::steady_clock::now());
    }
  }

  void accept() {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    FileDescriptor connection(fd);
    if (held_.size() < kConnectionsMax) {
      held_.push_back({std::move(connection), std::chrono::steady_clock::now(), 0, "", "", false});
    }
  }

  /// False when HAProxy has closed the connection: its client went away.
  bool read(Held& held) {
    const auto n = ::recv(held.connection.get(), buffer_.data(), buffer_.size(), 0);
    if (n == 0) return false;
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    held.bytes += static_cast<std::size_t>(n);
    if (held.model.empty() && !held.answered) {
      held.head.append(buffer_.data(), static_cast<std::size_t>(n));
      if (held.head.find("\r\n\r\n") != std::string::npos) {
        held.model = model_of(held.head);
        held.head.clear();
      }
    }
    return true;
  }

  /// Answers or lets go of what need not be held any longer.
  void settle(SteadyTime now) {
    for (auto held = held_.begin(); held != held_.end();) {
      held = keep(*held, now) ? std::next(held) : held_.erase(held);
    }
    released_.clear();
  }

  bool keep(Held& held, SteadyTime now) {
    if (held.answered) return now - held.since < kLinger;
    if (held.bytes > options_.request_bytes_max) {
      answer(held, now, "503 Service Unavailable",
             fmt::format("no replica is ready, and a request of over {} KiB cannot wait for one: "
                         "try again later",
                         options_.request_bytes_max / 1024));
    } else if (now - held.since > options_.hold) {
      answer(held, now, "503 Service Unavailable",
             "no replica became ready in time: try again later");
    } else if (!held.model.empty() && !known_.contains(held.model)) {
      answer(held, now, "404 Not Found", "the model was removed");
    }
    return held.answered || !released_.contains(held.model);
  }

  /// Closing at once could reset the connection before HAProxy has read the answer.
  void answer(Held& held, SteadyTime now, std::string_view status, std::string_view error) {
    const auto text = answer_text(status, error);
    ::send(held.connection.get(), text.data(), text.size(), MSG_NOSIGNAL);
    ::shutdown(held.connection.get(), SHUT_WR);
    held.answered = true;
    held.since = now;
  }

  Options options_;
  FileDescriptor listener_, wake_;
  std::list<Held> held_;
  std::array<char, 65536> buffer_;
  std::mutex mutex_;  // guards what follows
  bool stopping_ = false;
  std::set<std::string> known_;
  std::set<std::string> released_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

Result<std::unique_ptr<HoldingServer>> HoldingServer::start(const Options& options) {
  auto listener = listen_unix(options.socket);
  if (!listener) return fail(listener.error());
  FileDescriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake.get() < 0)
    return fail(ErrorCode::kInternal, "no more file descriptors for held requests");
  return std::make_unique<HoldingThread>(options, std::move(*listener), std::move(wake));
}

}  // namespace starling
