// Implements runtime/replica_logs.h.
#include "runtime/replica_logs.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

namespace starling {

namespace fs = std::filesystem;

void remove_old_logs(const fs::path& folder, const std::set<fs::path>& used, std::size_t kept) {
  std::error_code error;  // what vanished meanwhile is gone, and the rest is tried next time
  std::vector<std::pair<fs::file_time_type, fs::path>> logs;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".log" || used.contains(it->path())) continue;
    std::error_code unknown;
    const auto written = fs::last_write_time(it->path(), unknown);
    if (!unknown) logs.emplace_back(written, it->path());
  }
  if (logs.size() <= kept) return;
  std::sort(logs.begin(), logs.end());
  logs.resize(logs.size() - kept);
  for (const auto& [written, path] : logs) fs::remove(path, error);
}

}  // namespace starling
