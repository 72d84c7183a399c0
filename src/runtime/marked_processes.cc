#include "runtime/marked_processes.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace starling {

namespace fs = std::filesystem;

std::string replica_mark(const std::string& node) { return "STARLING_REPLICA_OF=" + node; }

int end_marked(const std::string& mark) {
  int ended = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 1 || pid == ::getpid()) continue;
    std::ifstream environment(entry.path() / "environ");
    for (std::string variable; std::getline(environment, variable, '\0');) {
      if (variable == mark && ::kill(pid, SIGKILL) == 0) ++ended;
    }
  }
  return ended;
}

}  // namespace starling
