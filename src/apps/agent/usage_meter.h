// What each replica of this node uses, from the counters of the processes.
#pragma once

#include <map>
#include <string>

#include "control/ports.h"

namespace starling::agent {

class UsageMeter {
 public:
  /// At most once a second there is something to tell.
  bool due(TimePoint now) const { return now - read_at_ >= 1s; }
  /// Use since the last reading, by replica: CPU seconds as counted so far, and bytes in use. A
  /// replica that was not there at the last reading is told of at the next.
  std::map<std::string, ReplicaUsage> read(std::map<std::string, double> cpu_seconds,
                                           const std::map<std::string, std::int64_t>& memory,
                                           TimePoint now);

 private:
  std::map<std::string, double> cpu_seconds_;
  TimePoint read_at_{};
};

}  // namespace starling::agent
