// Which size an agent gives to the replicas that run on its node.
#include "control/agent.h"

namespace starling {

/// The spec's own size, or what the model's owner last announced where the spec leaves it to the
/// owner; none before its first word: replicas then stay as they are. Nobody makes them smaller or
/// larger than the spec allows.
std::optional<Resources> Agent::size_for_running(const ModelSpec& spec) const {
  if (spec.sizing.mode != "auto") return spec.resources;
  const auto& order = ranked(spec.name);
  const Member* owner = order.empty() ? nullptr : membership_.find(order.front());
  if (owner == nullptr) return std::nullopt;
  for (const ModelSummary& summary : owner->last.owned) {
    if (summary.model != spec.name || !summary.size) continue;
    // A size is a command, too. An owner that hears of the later epoch will say it again.
    if (summary.epoch != 0 && summary.epoch < epochs_.obeyed(spec.name)) return std::nullopt;
    return within(spec.sizing, summary.size->size);
  }
  return std::nullopt;
}

}  // namespace starling
