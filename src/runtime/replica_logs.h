// The files that replicas write their output to: bounded in number and size, and read in parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace starling {

/// Of replicas that are no more so many logs are kept, for whoever asks why one failed.
inline constexpr std::size_t kReplicaLogsKept = 100;
inline constexpr std::uintmax_t kReplicaLogBytesMax = 8 << 20;

/// Removes the oldest logs of the folder beyond `kept`; those in `used` neither count nor go.
void remove_old_logs(const std::filesystem::path& folder,
                     const std::set<std::filesystem::path>& used,
                     std::size_t kept = kReplicaLogsKept);

/// A replica's id as the name of a file: nothing that could leave the folder. Its log has ".log"
/// behind it.
std::string log_name(const std::string& replica);

/// Of one reading of a node's logs.
inline constexpr std::size_t kLogsReadMax = 20;
inline constexpr std::int64_t kLogBytesReadMax = 256 << 10;  // of each

/// Whose output is asked for, and which part of it.
struct LogQuestion {
  std::string model{};    // that of all its replicas, the lately written ones first of all …
  std::string replica{};  // … or, where this is not empty, of one
  /// The byte to begin at, and whole lines only; none: as near the end as `bytes_max` allow.
  std::optional<std::int64_t> from{};
  std::int64_t bytes_max = kLogBytesReadMax;
};

/// A part of what a replica has printed.
struct ReplicaLog {
  std::string replica;
  double written = 0;          // when it last was, seconds since the epoch
  std::int64_t begin = 0;      // of `text` in the log, bytes …
  std::int64_t end = 0;        // … and its end
  std::int64_t lines_end = 0;  // the end of its last whole line; `begin` where it has none
  std::string text;
};

/// What replicas of `node` printed, those that are no more included, the lately written last; no
/// file is no log. A log that was emptied since has nothing at `from`: it is read from its
/// beginning.
std::vector<ReplicaLog> read_logs(const std::filesystem::path& folder, const std::string& node,
                                  const LogQuestion& question);

}  // namespace starling
