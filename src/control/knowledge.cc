#include "control/knowledge.h"

#include <algorithm>

namespace starling {

const ModelSummary* Knowledge::summary_of(const std::string& model) const {
  const auto& order = line.of(model);
  const Member* owner = order.empty() ? nullptr : members.find(order.front());
  if (owner == nullptr || owner->state == MemberState::kDead || owner->state == MemberState::kLeft)
    return nullptr;
  const auto& owned = owner->last.owned;
  const auto found = std::find_if(owned.begin(), owned.end(),
                                  [&](const ModelSummary& s) { return s.model == model; });
  return found == owned.end() ? nullptr : &*found;
}

}  // namespace starling
