// Which size an agent gives to the replicas that run on its node.
#include "control/agent.h"

namespace starling {

/// The spec's own size, or what the model's owner last announced where the spec leaves it to the
/// owner; none before its first word: replicas then stay as they are. Nobody makes them smaller or
/// larger than the spec allows.
std::optional<Resources> Agent::size_for_running(const ModelSpec& spec) const {
  if (spec.sizing.mode != SizingMode::kAuto) return spec.resources;
  const ModelSummary* told = summary_of(spec.name);
  if (told == nullptr || !told->size) return std::nullopt;
  // A size is a command, too. An owner that hears of the later epoch will say it again.
  if (told->epoch != 0 && told->epoch < epochs_.obeyed(spec.name)) return std::nullopt;
  return within(spec.sizing, told->size->size);
}

}  // namespace starling
