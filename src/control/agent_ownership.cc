// Which models an agent decides for, as members and specs come and go.
#include <algorithm>

#include "control/agent.h"
#include "control/ownership.h"

namespace starling {

const std::vector<std::string>& Agent::ranked(const std::string& model) const {
  static const std::vector<std::string> none;
  const auto found = ranks_.find(model);
  return found == ranks_.end() ? none : found->second;
}

bool Agent::owns(const std::string& node, const std::string& model) const {
  const auto& order = ranked(model);
  return !order.empty() && order.front() == node;
}

void Agent::assign_owners(TimePoint now, Effects& out) {
  const auto& deciding = membership_.deciding();
  const bool bounded = membership_.bounded_ownership();
  if (!ranks_stale_ && deciding == ranked_members_ && bounded == ranked_bounded_) return;
  std::vector<std::string> models;
  for (const auto& [name, stored] : specs_) models.push_back(name);
  ranking_.update(models, deciding);
  ranks_ = bounded ? bounded_owners(ranking_) : unbounded_owners(ranking_);
  ranked_members_ = deciding;
  ranked_bounded_ = bounded;
  ranks_stale_ = false;
  const std::string& self = ledger_.node().name;
  std::erase_if(owners_, [&](const auto& entry) { return !owns(self, entry.first); });
  for (const auto& [name, stored] : specs_) {
    if (!owns(self, name)) continue;
    if (const auto found = owners_.find(name); found != owners_.end()) {
      found->second.set_spec(stored, now);
      continue;
    }
    owners_.emplace(name, ModelOwner(self, fmt::format("{}.{:x}", self, incarnation_), stored, now,
                                     options_.owner, epochs_.highest(name)));
    out.push_back(Notice{fmt::format("this node now decides for model {}", name)});
    beat_soon_ = true;
  }
  if (!specs_known_) return;  // who keeps what of the demand is not known either
  // Demand is kept by the owner and by the next in line, who then need not start from nothing.
  std::erase_if(demands_, [&](const auto& entry) {
    const auto& order = ranked(entry.first);
    return std::find(order.begin(), order.end(), self) == order.end();
  });
}

}  // namespace starling
