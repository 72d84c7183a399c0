#include "provider/bounded_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "base/child_process.h"

namespace starling {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kErrorsKept = 400;  // bytes of standard error that a message tells
constexpr Duration kKillGrace = 1s;

/// The parent's end and the child's end of one pipe; closed with the object.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(0);
    close(1);
  }
  bool ok() const { return ends_[0] >= 0; }
  int end(std::size_t which) const { return ends_[which]; }
  void close(std::size_t which) {
    if (ends_[which] >= 0) ::close(ends_[which]);
    ends_[which] = -1;
  }
  void do_not_block(std::size_t which) { ::fcntl(ends_[which], F_SETFL, O_NONBLOCK); }

 private:
  std::array<int, 2> ends_{-1, -1};
};

/// Takes what there is to read; false at the end.
bool read_some(int fd, std::string& into) {
  char buffer[16384];
  const ssize_t n = ::read(fd, buffer, sizeof buffer);
  if (n > 0) into.append(buffer, static_cast<std::size_t>(n));
  return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/// The end of what a command said of its failure, on one line.
std::string last_words(const std::string& errors) {
  std::string text =
      errors.size() > kErrorsKept ? errors.substr(errors.size() - kErrorsKept) : errors;
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.pop_back();
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return text.empty() ? "it says nothing on standard error" : text;
}

void kill_group(ChildProcess& child) {
  ::kill(-child.pid(), SIGTERM);
  const auto deadline = SteadyClock::now() + kKillGrace;
  while (child.running() && SteadyClock::now() < deadline) std::this_thread::sleep_for(5ms);
  ::kill(-child.pid(), SIGKILL);
}

/// One conversation with a running command.
class Conversation {
 public:
  Conversation(const CommandOptions& options, const std::string& input)
      : options_(options), input_(input), deadline_(SteadyClock::now() + options.timeout) {}

  Result<std::string> hold() {
    if (!in_.ok() || !out_.ok() || !err_.ok())
      return fail(ErrorCode::kInternal, "no pipes: {}", std::strerror(errno));
    ChildOptions child_options;
    child_options.arguments = options_.command;
    child_options.stdin_fd = in_.end(0);
    child_options.stdout_fd = out_.end(1);
    child_options.stderr_fd = err_.end(1);
    auto child = ChildProcess::spawn(child_options);
    if (!child) return fail(child.error());
    in_.close(0);
    out_.close(1);
    err_.close(1);
    in_.do_not_block(1);
    out_.do_not_block(0);
    err_.do_not_block(0);
    if (input_.empty()) in_.close(1);
    std::optional<ExitStatus> how;
    while (!(how = child->ended())) {
      if (auto status = go_on(); !status) {
        kill_group(*child);
        return fail(status.error());
      }
    }
    return outcome(*how);
  }

 private:
  /// Waits a moment, then reads and writes what it can.
  Status go_on() {
    std::array<pollfd, 3> fds{pollfd{in_.end(1), POLLOUT, 0}, pollfd{out_.end(0), POLLIN, 0},
                              pollfd{err_.end(0), POLLIN, 0}};
    ::poll(fds.data(), fds.size(), 20);
    if (fds[0].revents != 0) write_some();
    if (fds[1].revents != 0 && !read_some(out_.end(0), output_)) out_.close(0);
    if (fds[2].revents != 0 && !read_some(err_.end(0), errors_)) err_.close(0);
    if (out_.end(0) < 0 && err_.end(0) < 0) std::this_thread::sleep_for(5ms);
    return within_bounds();
  }

  Status within_size() {
    if (errors_.size() > 64 * kErrorsKept) errors_.erase(0, errors_.size() - kErrorsKept);
    if (output_.size() > options_.output_max) {
      return fail(ErrorCode::kTooLarge, "its answer is longer than {} bytes", options_.output_max);
    }
    return {};
  }

  Status within_bounds() {
    if (auto status = within_size(); !status) return status;
    if (options_.stop != nullptr && *options_.stop)
      return fail(ErrorCode::kUnavailable, "given up: this agent stops");
    if (SteadyClock::now() >= deadline_) {
      return fail(ErrorCode::kTimeout, "no answer within {:g} s: it was ended",
                  seconds(options_.timeout));
    }
    return {};
  }

  void write_some() {
    const ssize_t n = ::write(in_.end(1), input_.data() + sent_, input_.size() - sent_);
    if (n > 0) sent_ += static_cast<std::size_t>(n);
    const bool broken = n < 0 && errno != EAGAIN && errno != EINTR;
    if (broken || sent_ == input_.size()) in_.close(1);
  }

  /// What it started may hold the pipes open for longer than it lives: only what is there counts.
  /// It has ended by itself, so its answer stands however late it is.
  Result<std::string> outcome(const ExitStatus& how) {
    for (auto [pipe, text] : {std::pair{&out_, &output_}, std::pair{&err_, &errors_}}) {
      std::size_t before = 0;
      do {
        before = text->size();
        if (pipe->end(0) < 0 || !read_some(pipe->end(0), *text)) break;
        if (auto status = within_size(); !status) return fail(status.error());
      } while (text->size() > before);
    }
    if (!how.success())
      return fail(ErrorCode::kUnavailable, "{}: {}", how.text(), last_words(errors_));
    return std::move(output_);
  }

  const CommandOptions& options_;
  const std::string& input_;
  SteadyClock::time_point deadline_;
  Pipe in_, out_, err_;
  std::size_t sent_ = 0;
  std::string output_, errors_;
};

}  // namespace

Result<std::string> run_bounded(const CommandOptions& options, const std::string& input) {
  return Conversation(options, input).hold();
}

}  // namespace starling
