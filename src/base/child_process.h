// A supervised child process that cannot outlive its parent.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace starling {

struct ChildOptions {
  std::vector<std::string> arguments;    // [0] is the program: a path, or a name looked up in PATH
  std::vector<std::string> environment;  // "NAME=value", added to the parent's environment
  std::filesystem::path output;     // standard output and error are appended here; empty: inherited
  std::filesystem::path directory;  // working directory; empty: the parent's
  /// Open descriptors of the caller's that become the child's standard input, output and error, in
  /// place of the above; -1: none.
  int stdin_fd = -1, stdout_fd = -1, stderr_fd = -1;
  std::vector<std::filesystem::path> cgroup_procs;  // the child joins these cgroups before it runs
};

/// How a process ended: by itself with a code, or by a signal.
struct ExitStatus {
  int code = 0;
  int signal = 0;  // 0: by itself

  bool success() const { return code == 0 && signal == 0; }
  /// "exit code 3" or "signal 9 (Killed)".
  std::string text() const;
};

/// Owns one child: the destructor kills it (SIGKILL) and reaps it.
/// The kernel also kills it when the *thread* that spawned it ends (PR_SET_PDEATHSIG), so spawn
/// from a thread that lives as long as the child should. Not thread safe.
class ChildProcess {
 public:
  /// Errors: the program is not there or not executable (named, with errno's words), no more
  /// processes.
  static Result<ChildProcess> spawn(const ChildOptions& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  /// How it ended; nothing while it runs. Never blocks.
  std::optional<ExitStatus> ended();
  bool running() { return !ended().has_value(); }
  void signal(int number);
  /// SIGTERM, then SIGKILL after `grace`. Blocks for `grace` at most.
  void terminate(Duration grace);

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
  std::optional<ExitStatus> ended_;
};

/// Full path of a program in PATH, or an error that names the Debian package which brings it.
Result<std::filesystem::path> find_program(const std::string& name, const std::string& package);

/// The folder that holds the running executable: its sibling programs live there.
std::filesystem::path program_directory();

}  // namespace starling
