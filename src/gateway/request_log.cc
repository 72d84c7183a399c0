#include "gateway/request_log.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/unix_socket.h"

namespace starling {
namespace {

constexpr std::size_t kLineBytesMax = 4096;

template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// One connection of HAProxy's, with the part of a line that has arrived.
struct Source {
  FileDescriptor connection;
  std::string pending;
};

class RequestLogThread final : public RequestLog {
 public:
  RequestLogThread(FileDescriptor listener, FileDescriptor stop)
      : listener_(std::move(listener)), stop_(std::move(stop)), thread_([this] { run(); }) {}

  ~RequestLogThread() override {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
  }

  void know(std::set<std::string> models) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(totals_, [&](const auto& entry) { return !models.contains(entry.first); });
    known_ = std::move(models);
  }

  std::map<std::string, RequestTotals> take() override {
    const std::lock_guard lock(mutex_);
    return std::exchange(totals_, {});
  }

 private:
  void run() {
    while (true) {
      std::vector<pollfd> watched{{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
      for (const auto& source : sources_) watched.push_back({source.connection.get(), POLLIN, 0});
      if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
      if (watched[0].revents != 0) return;
      for (std::size_t i = watched.size(); i-- > 2;) {
        if (watched[i].revents != 0 && !read(sources_[i - 2])) {
          sources_.erase(sources_.begin() + static_cast<std::ptrdiff_t>(i) - 2);
        }
      }
      if (watched[1].revents != 0) accept();
    }
  }

  void accept() {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) sources_.push_back({FileDescriptor(fd), ""});
  }

  /// False when the connection has ended.
  bool read(Source& source) {
    const auto n = ::recv(source.connection.get(), buffer_.data(), buffer_.size(), 0);
    if (n == 0) return false;
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    source.pending.append(buffer_.data(), static_cast<std::size_t>(n));
    std::size_t start = 0;
    const std::lock_guard lock(mutex_);
    for (auto end = source.pending.find('\n'); end != std::string::npos;
         end = source.pending.find('\n', start)) {
      take_line(std::string_view(source.pending).substr(start, end - start));
      start = end + 1;
    }
    source.pending.erase(0, start);
    return source.pending.size() <= kLineBytesMax;
  }

  void take_line(std::string_view text) {
    const auto line = parse_request_line(text);
    if (line && known_.contains(line->model)) totals_[line->model].add(*line);
  }

  FileDescriptor listener_, stop_;
  std::vector<Source> sources_;
  std::array<char, 65536> buffer_;
  std::mutex mutex_;
  std::set<std::string> known_;
  std::map<std::string, RequestTotals> totals_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

std::optional<RequestLine> parse_request_line(std::string_view line) {
  // "request <model> <status> <termination> <µs> <ms> <service µs or ->"
  std::array<std::string_view, 7> fields;
  std::size_t start = 0;
  for (auto& field : fields) {
    if (start > line.size()) return std::nullopt;
    const auto end = std::min(line.find(' ', start), line.size());
    field = line.substr(start, end - start);
    start = end + 1;
  }
  const auto status = number<int>(fields[2]);
  const auto microseconds = number<std::int64_t>(fields[4]);
  const auto milliseconds = number<std::int64_t>(fields[5]);
  if (fields[0] != "request" || fields[1].empty() || start <= line.size() || !status ||
      !microseconds || !milliseconds) {
    return std::nullopt;
  }
  RequestLine request;
  request.model = fields[1];
  request.status = *status;
  // First letter: who ended it, '-' for a proper end; 'L' is HAProxy's own answer, judged by its
  // status.
  const char cause = fields[3].empty() ? '-' : fields[3][0];
  request.broken = cause != '-' && cause != 'L';
  request.rejected = cause == 'L' && request.status == 429;
  // HAProxy times the whole request in milliseconds, rounded down; the microseconds run from when
  // the body had arrived. Neither is ever too long, so the longer one is nearer.
  request.latency_s = std::max(
      {0.0, static_cast<double>(*microseconds) * 1e-6, static_cast<double>(*milliseconds) * 1e-3});
  const auto service_us = number<std::int64_t>(fields[6]);
  if (service_us && *service_us >= 0) request.service_s = static_cast<double>(*service_us) * 1e-6;
  return request;
}

void RequestTotals::add(const RequestLine& line) {
  if (line.rejected) {
    ++rejected;
    return;
  }
  if (line.broken || line.status <= 0 || line.status >= 500) {
    ++failed;
    return;
  }
  ++completed;
  latency.add(line.latency_s);
  if (!line.service_s) return;
  service_sum_s += *line.service_s;
  service_square_sum += *line.service_s * *line.service_s;
  ++service_count;
}

Result<std::unique_ptr<RequestLog>> RequestLog::start(const std::filesystem::path& socket) {
  auto listener = listen_unix(socket);
  if (!listener) return fail(listener.error());
  FileDescriptor stop(::eventfd(0, EFD_CLOEXEC));
  if (stop.get() < 0)
    return fail(ErrorCode::kInternal, "no more file descriptors for the request log");
  return std::make_unique<RequestLogThread>(std::move(*listener), std::move(stop));
}

}  // namespace starling
