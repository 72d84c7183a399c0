// What HAProxy rejects of each model: two of its maps, steered at run time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "control/ports.h"
#include "gateway/haproxy_config.h"
#include "gateway/haproxy_runtime.h"

namespace starling {

/// Moves HAProxy's maps of limits towards those that are wanted, one runtime command at a time, and
/// remembers how far it got: what a failed command left undone is done by the next call. Not thread
/// safe.
class LimitTable {
 public:
  LimitTable(const HaproxyOptions& options, HaproxyRuntime& runtime)
      : files_(haproxy_files(options)), runtime_(runtime) {}

  Status follow(const AdmissionLimits& limits);
  /// Writes the map files that a HAProxy about to start reads.
  Status write(const AdmissionLimits& limits);

 private:
  using Entries = std::map<std::string, std::int64_t>;  // of a map, by model

  Status set(const std::filesystem::path& map, Entries& done, const std::string& model,
             std::int64_t value);
  Status drop(const std::filesystem::path& map, Entries& done, const AdmissionLimits& limits);

  HaproxyFiles files_;
  HaproxyRuntime& runtime_;
  Entries limits_, retries_;  // as HAProxy has them, as far as it answered
};

}  // namespace starling
