// The files that replicas write their output to: bounded in number and size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>

namespace starling {

/// Of replicas that are no more so many logs are kept, for whoever asks why one failed.
inline constexpr std::size_t kReplicaLogsKept = 100;
inline constexpr std::uintmax_t kReplicaLogBytesMax = 8 << 20;

/// Removes the oldest logs of the folder beyond `kept`; those in `used` neither count nor go.
void remove_old_logs(const std::filesystem::path& folder,
                     const std::set<std::filesystem::path>& used,
                     std::size_t kept = kReplicaLogsKept);

}  // namespace starling
