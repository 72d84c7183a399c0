#include "base/child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

namespace starling {
namespace {

/// What the child needs, prepared before fork: after it only async-signal-safe calls are allowed.
struct Prepared {
  std::string program;
  std::vector<char*> arguments;
  std::vector<std::string> environment;
  std::vector<char*> environment_pointers;
};

Prepared prepare(const ChildOptions& options, const std::string& program) {
  Prepared p;
  p.program = program;
  for (const auto& argument : options.arguments)
    p.arguments.push_back(const_cast<char*>(argument.c_str()));
  p.arguments.push_back(nullptr);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const auto& added : options.environment) replaced |= added.rfind(name, 0) == 0;
    if (!replaced) p.environment.emplace_back(text);
  }
  for (const auto& added : options.environment) p.environment.push_back(added);
  for (auto& entry : p.environment) p.environment_pointers.push_back(entry.data());
  p.environment_pointers.push_back(nullptr);
  return p;
}

/// Runs in the child. Reports errno through `report` and exits when it cannot become the program.
[[noreturn]] void become(const ChildOptions& options, Prepared& prepared, pid_t parent,
                         int report) {
  const auto give_up = [&] {
    const int error = errno;
    [[maybe_unused]] const auto n = ::write(report, &error, sizeof error);
    ::_exit(127);
  };
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died before the line above
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::setpgid(0, 0);  // a Ctrl-C in the terminal is the parent's to handle
  for (const auto& procs : options.cgroup_procs) {
    const int fd = ::open(procs.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0 || ::write(fd, "0", 1) != 1) give_up();
    ::close(fd);
  }
  if (!options.output.empty()) {
    const int fd = ::open(options.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0 || ::dup2(fd, STDOUT_FILENO) < 0 || ::dup2(fd, STDERR_FILENO) < 0) give_up();
  }
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) ::dup2(null, STDIN_FILENO);
  if (options.stdin_fd >= 0 && ::dup2(options.stdin_fd, STDIN_FILENO) < 0) give_up();
  if (options.stdout_fd >= 0 && ::dup2(options.stdout_fd, STDOUT_FILENO) < 0) give_up();
  if (options.stderr_fd >= 0 && ::dup2(options.stderr_fd, STDERR_FILENO) < 0) give_up();
  if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) give_up();
  // Sockets of the parent's libraries are not the child's to hold open.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(prepared.program.c_str(), prepared.arguments.data(),
           prepared.environment_pointers.data());
  give_up();
  ::_exit(127);
}

/// Of what waitpid(2) tells.
ExitStatus exit_status(int status) {
  if (WIFSIGNALED(status)) return {0, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

}  // namespace

std::string ExitStatus::text() const {
  if (signal != 0) return fmt::format("signal {} ({})", signal, ::strsignal(signal));
  return fmt::format("exit code {}", code);
}

Result<ChildProcess> ChildProcess::spawn(const ChildOptions& options) {
  if (options.arguments.empty()) return fail(ErrorCode::kInternal, "no program to start");
  std::string program = options.arguments[0];
  if (program.find('/') == std::string::npos) {
    const auto found = find_program(program, program);
    if (!found) return fail(found.error());
    program = found->string();
  }
  Prepared prepared = prepare(options, program);
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) {
    return fail(ErrorCode::kInternal, "cannot start {}: {}", program, std::strerror(errno));
  }
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(options, prepared, parent, report[1]);
  ::close(report[1]);
  if (pid < 0) {
    const int error = errno;
    ::close(report[0]);
    return fail(ErrorCode::kInternal, "cannot start {}: {}", program, std::strerror(error));
  }
  int error = 0;
  ssize_t n = 0;
  do {
    n = ::read(report[0], &error, sizeof error);  // ends without data when exec succeeded
  } while (n < 0 && errno == EINTR);
  ::close(report[0]);
  if (n == sizeof error) {
    ::waitpid(pid, nullptr, 0);
    return fail(ErrorCode::kInternal, "cannot start {}: {}", program, std::strerror(error));
  }
  return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), ended_(other.ended_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(ended_, other.ended_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0 || ended()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::optional<ExitStatus> ChildProcess::ended() {
  if (ended_ || pid_ <= 0) return ended_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) ended_ = exit_status(status);
  return ended_;
}

void ChildProcess::signal(int number) {
  if (running()) ::kill(pid_, number);
}

void ChildProcess::terminate(Duration grace) {
  if (!running()) return;
  signal(SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (running() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(5ms);
  }
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  if (::waitpid(pid_, &status, 0) == pid_) ended_ = exit_status(status);
}

Result<std::filesystem::path> find_program(const std::string& name, const std::string& package) {
  const char* path = std::getenv("PATH");
  // Debian keeps servers in /usr/sbin, which a plain user's PATH leaves out.
  std::string folders = std::string(path == nullptr ? "" : path) + ":/usr/sbin:/usr/local/sbin";
  std::size_t start = 0;
  while (start <= folders.size()) {
    const auto end = std::min(folders.find(':', start), folders.size());
    const auto candidate = std::filesystem::path(folders.substr(start, end - start)) / name;
    if (end > start && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    start = end + 1;
  }
  return fail(ErrorCode::kNotFound, "{} is not installed: install it (Debian: apt-get install {})",
              name, package);
}

std::filesystem::path program_directory() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

}  // namespace starling
