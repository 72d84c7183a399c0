// What the whole-system tests share: running the real programs, and looking at what they leave.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace starling::system_test {

/// A folder of its own under the temporary directory; removed with all that is in it.
/// Its path is short: HAProxy's sockets live below it and a socket's path has 108 bytes at most.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Writes a file into the folder and gives its path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

struct Ended {
  int exit_code = -1;  // -1: a signal ended it, or the patience was over (then `err` says so)
  std::string out;
  std::string err;
};

struct RunOptions {
  std::vector<std::string> environment;  // "NAME=value"
  std::filesystem::path directory;       // to run in; empty: the test's own
  Duration patience{90s};
};

/// Runs a shell command to its end, with the project's programs first in PATH.
Ended run(const std::string& command, const RunOptions& options = {});

/// Asks until it holds, or until the patience is over. False then.
bool eventually(Duration patience, const std::function<bool()>& holds);

/// All processes below `root`, it itself left out.
std::vector<pid_t> descendants(pid_t root);
/// True for a process that does not run any more; one that nobody has reaped yet counts as gone.
bool gone(pid_t pid);
/// The processes that still run, as "pid command line" lines.
std::string still_running(const std::vector<pid_t>& pids);

/// Why a fleet can't be started on this machine, or nothing.
std::string missing_programs();

}  // namespace starling::system_test
