#include "runtime/cgroup_files.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>
#include <thread>
#include <vector>

namespace starling::cgroup {

namespace fs = std::filesystem;

Status write_value(const fs::path& file, const std::string& value) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  const bool written =
      fd >= 0 && ::write(fd, value.data(), value.size()) == static_cast<ssize_t>(value.size());
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (written) return {};
  return fail(error == EBUSY ? ErrorCode::kConflict : ErrorCode::kInternal,
              "cannot write '{}' to {}: {}", value, file.string(), std::strerror(error));
}

Status switch_on_controllers(const fs::path& group, const Write& write) {
  constexpr int kAttempts = 10;  // a process may start another while they are moved
  const auto leaf = group / "supervisor";
  Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    status = write(group / "cgroup.subtree_control", "+cpu +memory");
    if (status || status.error().code != ErrorCode::kConflict) return status;
    std::error_code error;
    fs::create_directory(leaf, error);
    if (error) return status;
    std::ifstream members(group / "cgroup.procs");
    for (std::string pid; members >> pid;) {
      static_cast<void>(write(leaf / "cgroup.procs", pid));  // one that has ended stays behind
    }
  }
  return status;
}

std::string read_value(const fs::path& file) {
  std::ifstream in(file);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::int64_t read_keyed(const fs::path& file, const std::string& key) {
  std::ifstream in(file);
  std::string word;
  std::int64_t number = 0;
  while (in >> word >> number) {
    if (word == key) return number;
  }
  return 0;
}

Result<std::int64_t> memory_in_use(const fs::path& usage, const fs::path& stat,
                                   const std::string& droppable) {
  const auto text = read_value(usage);
  if (text.empty()) return fail(ErrorCode::kNotFound, "there is no {}", usage.string());
  const std::int64_t all = std::strtoll(text.c_str(), nullptr, 10);
  return std::max<std::int64_t>(0, all - read_keyed(stat, droppable));
}

void kill_members(const fs::path& group) {
  std::ifstream in(group / "cgroup.procs");
  pid_t pid = 0;
  while (in >> pid) {
    // 0 stands for a process outside our own pid namespace, and would name our own process group.
    if (pid > 1 && pid != ::getpid()) ::kill(pid, SIGKILL);
  }
}

Status remove_group(const fs::path& group) {
  if (::rmdir(group.c_str()) == 0 || errno == ENOENT) return {};
  return fail(ErrorCode::kInternal, "cannot remove the cgroup {}: {}", group.string(),
              std::strerror(errno));
}

int sweep_folder(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> groups;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) groups.push_back(entry.path());
  }
  for (const auto& group : groups) {
    for (int attempt = 0; attempt < 50;
         ++attempt) {  // the killed need a moment to leave: 1 s at most
      kill_members(group);
      if (remove_group(group)) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  return static_cast<int>(groups.size());
}

}  // namespace starling::cgroup
