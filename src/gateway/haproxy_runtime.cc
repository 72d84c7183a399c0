#include "gateway/haproxy_runtime.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include "gateway/unix_socket.h"

namespace starling {
namespace {

constexpr std::size_t kAnswerBytesMax = 4 << 20;
constexpr Duration kTimeout = 2s;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  while (start <= text.size()) {
    const auto end = std::min(text.find(separator, start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<std::vector<StatRow>> parse_stats(const std::string& csv) {
  constexpr std::array<std::string_view, 7> kColumns{"# pxname", "svname", "qcur",        "scur",
                                                     "stot",     "status", "check_status"};
  const auto lines = split(csv, '\n');
  const auto header = split(lines.front(), ',');
  std::array<std::size_t, kColumns.size()> at{};
  std::size_t width = 0;
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    const auto found = std::find(header.begin(), header.end(), kColumns[i]);
    if (found == header.end()) {
      return fail(ErrorCode::kInternal, "HAProxy's statistics lack the column '{}'", kColumns[i]);
    }
    at[i] = static_cast<std::size_t>(found - header.begin());
    width = std::max(width, at[i] + 1);
  }
  std::vector<StatRow> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto cells = split(lines[i], ',');
    if (cells.size() < width) continue;  // the empty last line
    const auto status = cells[at[5]];
    rows.push_back({.backend = std::string(cells[at[0]]),
                    .server = std::string(cells[at[1]]),
                    .queued = number(cells[at[2]]),
                    .sessions = number(cells[at[3]]),
                    .total = number(cells[at[4]]),
                    .up = status.substr(0, 2) == "UP" || status == "no check",
                    // A star before it: the next check is under way.
                    .out_of_reach = cells[at[6]].find("L4") != std::string_view::npos &&
                                    cells[at[6]].find("L4OK") == std::string_view::npos});
  }
  return rows;
}

bool is_away(const Status& status) {
  return !status && (status.error().code == ErrorCode::kUnavailable ||
                     status.error().code == ErrorCode::kTimeout);
}

Result<std::string> HaproxyRuntime::ask(const std::string& command) {
  auto connection = connect_unix(socket_, kTimeout);
  if (!connection) return fail(connection.error());
  const std::string line = command + "\n";
  const auto sent = ::send(connection->get(), line.data(), line.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(line.size())) {
    return fail(ErrorCode::kUnavailable, "HAProxy did not take '{}': {}", command,
                std::strerror(errno));
  }
  std::string answer;
  std::array<char, 65536> buffer;
  while (true) {
    const auto n = ::recv(connection->get(), buffer.data(), buffer.size(), 0);
    if (n == 0) return answer;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return fail(ErrorCode::kTimeout, "no answer of HAProxy to '{}': {}", command,
                  std::strerror(errno));
    answer.append(buffer.data(), static_cast<std::size_t>(n));
    if (answer.size() > kAnswerBytesMax) {
      return fail(ErrorCode::kTooLarge, "HAProxy's answer to '{}' is over 4 MiB", command);
    }
  }
}

Status HaproxyRuntime::tell(const std::string& command, const std::string& expected) {
  const auto answer = ask(command);
  if (!answer) return fail(answer.error());
  if (trimmed(*answer) == expected) return {};
  return fail(ErrorCode::kInternal, "HAProxy refused '{}': {}", command, trimmed(*answer));
}

Status HaproxyRuntime::forget(const std::filesystem::path& map, const std::string& key) {
  auto status = tell(fmt::format("del map {} {}", map.string(), key));
  if (!status && status.error().message.find("not found") != std::string::npos) return {};
  return status;
}

Result<std::vector<StatRow>> HaproxyRuntime::stats() {
  // -1: every proxy; 6: backends (2) and servers (4); -1: every server.
  const auto csv = ask("show stat -1 6 -1");
  if (!csv) return fail(csv.error());
  return parse_stats(*csv);
}

}  // namespace starling
