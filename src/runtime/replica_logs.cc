// Implements runtime/replica_logs.h.
#include "runtime/replica_logs.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <fstream>
#include <system_error>
#include <utility>

namespace starling {

namespace fs = std::filesystem;

namespace {

/// Whether the rest of a name is what a node counts its replicas by: "1f3a-12".
bool is_count(std::string_view text) {
  const auto dash = text.find('-');
  const auto all = [](std::string_view part, int (*is)(int)) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [&](char c) {
      return is(static_cast<unsigned char>(c)) != 0;
    });
  };
  return dash != std::string_view::npos && all(text.substr(0, dash), std::isxdigit) &&
         all(text.substr(dash + 1), std::isdigit);
}

double unix_seconds(fs::file_time_type time) {
  const auto system = std::chrono::file_clock::to_sys(time);
  return std::chrono::duration<double>(system.time_since_epoch()).count();
}

/// The rest of a line that is still being written comes with its end.
void keep_whole_lines(std::string& text, std::size_t bytes_max) {
  const auto last = text.rfind('\n');
  if (last != std::string::npos) {
    text.resize(last + 1);
  } else if (text.size() < bytes_max) {
    text.clear();
  }
}

/// False where the file is gone.
bool read_part(const fs::path& file, const LogQuestion& question, ReplicaLog& log) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return false;
  const auto size = static_cast<std::int64_t>(in.tellg());
  const std::int64_t most = std::clamp<std::int64_t>(question.bytes_max, 0, kLogBytesReadMax);
  log.begin = question.from ? *question.from : size - most;
  if (log.begin < 0 || log.begin > size) log.begin = 0;
  log.text.resize(static_cast<std::size_t>(std::min(size - log.begin, most)));
  in.seekg(log.begin);
  in.read(log.text.data(), static_cast<std::streamsize>(log.text.size()));
  log.text.resize(static_cast<std::size_t>(in.gcount()));
  if (question.from) keep_whole_lines(log.text, static_cast<std::size_t>(most));
  log.end = log.begin + static_cast<std::int64_t>(log.text.size());
  log.lines_end = log.begin + static_cast<std::int64_t>(log.text.rfind('\n') + 1);  // npos + 1 = 0
  return true;
}

}  // namespace

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

std::string log_name(const std::string& replica) {
  std::string name = replica;
  for (auto& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.')
      c = '_';
  }
  return name.empty() || name[0] == '.' ? "_" + name : name;
}

std::vector<ReplicaLog> read_logs(const fs::path& folder, const std::string& node,
                                  const LogQuestion& question) {
  const std::string exact = log_name(question.replica);
  const std::string prefix = log_name(question.model + "-" + node + "-");
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".log") continue;
    const std::string name = it->path().stem().string();
    const bool wanted = question.replica.empty()
                            ? name.starts_with(prefix) && is_count(name.substr(prefix.size()))
                            : name == exact;
    std::error_code unknown;
    const auto written = fs::last_write_time(it->path(), unknown);
    if (wanted && !unknown) found.emplace_back(written, it->path());
  }
  std::sort(found.begin(), found.end());
  if (found.size() > kLogsReadMax) found.erase(found.begin(), found.end() - kLogsReadMax);
  std::vector<ReplicaLog> logs;
  for (const auto& [written, path] : found) {
    ReplicaLog log;
    log.replica = path.stem().string();
    log.written = unix_seconds(written);
    if (read_part(path, question, log)) logs.push_back(std::move(log));
  }
  return logs;
}

}  // namespace starling
