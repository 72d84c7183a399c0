// HAProxy's runtime API over its admin socket.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace starling {

/// One row of `show stat`, as far as the gateway reads it.
struct StatRow {
  std::string backend;         // pxname
  std::string server;          // svname; "BACKEND" is the sum
  std::uint64_t queued = 0;    // qcur
  std::uint64_t sessions = 0;  // scur; of a backend it includes the queued ones
  std::uint64_t total = 0;     // stot; of a backend it counts a request when it arrives
  bool up = false;             // takes requests
  bool out_of_reach = false;   // check_status: the last check found no connection
};

/// The rows of HAProxy's CSV. Error: kInternal when a column that is needed is missing.
Result<std::vector<StatRow>> parse_stats(const std::string& csv);

/// HAProxy does not answer at all, so the next command would only wait as long again.
bool is_away(const Status& status);

/// Each command is one connection; none waits longer than two seconds. Not thread safe.
class HaproxyRuntime {
 public:
  explicit HaproxyRuntime(std::filesystem::path socket) : socket_(std::move(socket)) {}

  /// The answer, bounded to 4 MiB. Errors: kUnavailable when HAProxy is away, kTimeout, kTooLarge.
  Result<std::string> ask(const std::string& command);
  /// A command that answers nothing, or `expected`, when it worked. Any other answer becomes a
  /// kInternal error.
  Status tell(const std::string& command, const std::string& expected = "");
  /// Takes a key out of a map. That it is not there is as good: an earlier command was carried out,
  /// and its answer lost.
  Status forget(const std::filesystem::path& map, const std::string& key);
  /// Backends and servers.
  Result<std::vector<StatRow>> stats();

 private:
  std::filesystem::path socket_;
};

}  // namespace starling
