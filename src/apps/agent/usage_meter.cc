// Implements apps/agent/usage_meter.h.
#include "apps/agent/usage_meter.h"

#include <algorithm>
#include <utility>

namespace starling::agent {

std::map<std::string, ReplicaUsage> UsageMeter::read(
    std::map<std::string, double> cpu_seconds, const std::map<std::string, std::int64_t>& memory,
    TimePoint now) {
  std::map<std::string, ReplicaUsage> usage;
  for (const auto& [id, total] : cpu_seconds) {
    const auto before = cpu_seconds_.find(id);
    if (before == cpu_seconds_.end()) continue;
    const auto in_use = memory.find(id);
    usage[id] = {std::max(0.0, total - before->second) / seconds(now - read_at_),
                 in_use == memory.end() ? 0 : in_use->second};
  }
  cpu_seconds_ = std::move(cpu_seconds);
  read_at_ = now;
  return usage;
}

}  // namespace starling::agent
