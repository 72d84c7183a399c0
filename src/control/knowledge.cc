#include "control/knowledge.h"

#include <algorithm>

namespace starling {

Resources size_of(const ModelSpec& spec, const ModelSummary* told) {
  const bool by_owner = told != nullptr && told->size && spec.sizing.mode == SizingMode::kAuto;
  return by_owner ? within(spec.sizing, told->size->size) : spec.resources;
}

const ModelSummary* Knowledge::summary_of(const std::string& model) const {
  const auto& order = line.of(model);
  const Member* owner = order.empty() ? nullptr : members.find(order.front());
  if (owner == nullptr || is_gone(owner->state)) return nullptr;
  const auto& owned = owner->last.owned;
  const auto found = std::find_if(owned.begin(), owned.end(),
                                  [&](const ModelSummary& s) { return s.model == model; });
  return found == owned.end() ? nullptr : &*found;
}

}  // namespace starling
