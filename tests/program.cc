#include "tests/program.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <thread>

#include "base/child_process.h"
#include "base/file.h"

namespace starling::system_test {

namespace fs = std::filesystem;

namespace {

/// The state letter and the parent of a process, from /proc/PID/stat.
struct Stat {
  char state = 'X';  // dead
  pid_t parent = 0;
};

Stat stat_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  Stat stat;
  // The name, in parentheses, may hold anything: the fields after its end count.
  if (!std::getline(file, line) || line.rfind(") ") == std::string::npos) return stat;
  std::istringstream rest(line.substr(line.rfind(") ") + 2));
  rest >> stat.state >> stat.parent;
  return stat;
}

std::string command_line(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", pid));
  std::string line((std::istreambuf_iterator<char>(file)), {});
  std::replace(line.begin(), line.end(), '\0', ' ');
  return line;
}

std::string text_of(const fs::path& path) { return read_file(path).value_or(""); }

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "starling-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name) << text;
  return (path_ / name).string();
}

Ended run(const std::string& command, const RunOptions& options) {
  const TemporaryFolder printed;
  const auto out = printed.path() / "out", err = printed.path() / "err";
  ChildOptions child_options;
  child_options.arguments = {"/bin/sh", "-c", command + "\n", "sh"};
  // The shell sends the command's two outputs to files of their own.
  child_options.arguments[2] =
      fmt::format("exec >'{}' 2>'{}'\n{}", out.string(), err.string(), command);
  child_options.environment = options.environment;
  const char* path = ::getenv("PATH");
  child_options.environment.push_back(
      fmt::format("PATH={}:{}", STARLING_BIN_DIR, path == nullptr ? "" : path));
  child_options.directory = options.directory;
  auto child = ChildProcess::spawn(child_options);
  if (!child) return {-1, "", child.error().message};
  Ended ended;
  const bool in_time = eventually(options.patience, [&] { return !child->running(); });
  if (!in_time) child->terminate(1s);
  ended.out = text_of(out);
  ended.err = text_of(err);
  const auto how = child->ended();
  if (!in_time) {
    ended.err += fmt::format("[still running after {:.0f} s]\n", seconds(options.patience));
  } else if (how && how->signal == 0) {
    ended.exit_code = how->code;
  } else {
    ended.err += fmt::format("[{}]\n", how ? how->text() : "not ended");
  }
  return ended;
}

bool eventually(Duration patience, const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(50ms);
  }
  return true;
}

std::vector<pid_t> descendants(pid_t root) {
  std::multimap<pid_t, pid_t> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0) children.emplace(stat_of(pid).parent, pid);
  }
  std::vector<pid_t> found{root};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto [begin, end] = children.equal_range(found[i]);
    for (auto child = begin; child != end; ++child) found.push_back(child->second);
  }
  found.erase(found.begin());
  return found;
}

bool gone(pid_t pid) {
  const char state = stat_of(pid).state;
  return state == 'X' || state == 'Z';
}

std::string still_running(const std::vector<pid_t>& pids) {
  std::string lines;
  for (const pid_t pid : pids) {
    if (!gone(pid)) lines += fmt::format("{} {}\n", pid, command_line(pid));
  }
  return lines;
}

std::string missing_programs() {
  for (const char* name : {"nats-server", "haproxy"}) {
    const auto found = find_program(name, name);
    if (!found) return found.error().message;
  }
  return "";
}

}  // namespace starling::system_test
