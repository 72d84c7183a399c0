// What HAProxy rejects of each model: two of its maps, steered at run time.
#pragma once

#include <filesystem>

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
  Status set(const std::filesystem::path& map, const std::string& model, std::int64_t value,
             bool known);

  HaproxyFiles files_;
  HaproxyRuntime& runtime_;
  AdmissionLimits done_;
};

}  // namespace starling
