#include "apps/agent/eviction_watch.h"

#include <system_error>

namespace starling::agent {

Effects EvictionWatch::look(Agent& core, TimePoint now) {
  if (notice_.empty() || seen_) return {};
  std::error_code error;
  if (!std::filesystem::exists(notice_, error)) return {};
  seen_ = true;
  Effects effects = core.set_scheduling(Scheduling::kDraining, now);
  effects.push_back(Notice{fmt::format(
      "eviction notice {}: the node drains, others take over what it runs", notice_.string())});
  return effects;
}

}  // namespace starling::agent
