#include "apps/agent/meter.h"

#include <algorithm>
#include <utility>

#include "base/units.h"
#include "control/ledger.h"

namespace starling::agent {
namespace {

std::int64_t period_of(TimePoint time) { return time.time_since_epoch() / Meter::kPeriod; }

}  // namespace

std::optional<Reading> Meter::observe(const FleetView& view) {
  if (!last_) {
    last_ = current_.start = view.now;
    return std::nullopt;
  }
  const Duration passed = std::clamp(view.now - *last_, Duration{0}, kPeriod);
  current_.replicas = 0;
  const auto self = std::find_if(view.members.begin(), view.members.end(),
                                 [&](const Member& m) { return m.last.node.name == view.self; });
  for (const ReplicaStatus& replica : view.own_replicas()) {
    ++current_.replicas;
    Held& held = current_.models[replica.model];
    const double s = seconds(passed);
    const auto memory = static_cast<double>(replica.resources.memory_bytes);
    held.replica_seconds += s;
    held.cpu_core_seconds += s * static_cast<double>(replica.resources.cpu_millis) / 1000;
    held.memory_gib_seconds += s * memory / static_cast<double>(kGiB);
    held.cost += s / 3600 * price_per_hour(self->last.node, replica.resources);
    current_.cpu_used += s * replica.cpu_cores;
    current_.memory_held_bytes += s * memory;
  }
  current_.length += passed;
  const bool over = period_of(view.now) != period_of(*last_);
  last_ = view.now;
  if (!over || current_.length <= Duration{0}) return std::nullopt;
  current_.cpu_used /= seconds(current_.length);
  current_.memory_held_bytes /= seconds(current_.length);
  Reading next;
  next.start = view.now;
  return std::exchange(current_, next);
}

}  // namespace starling::agent
