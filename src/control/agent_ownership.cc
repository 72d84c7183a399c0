// Which models an agent decides for, as members and specs come and go.
#include <algorithm>

#include "control/agent.h"
#include "control/ownership.h"

namespace starling {
namespace {

/// With many models a change of members is looked at no sooner after the last one than this for
/// each model: deaths that are heard of one after the other are dealt with together.
constexpr Duration kPauseAModel = 5us;
constexpr std::size_t kManyModels = 10'000;

}  // namespace

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
  const auto count = static_cast<std::int64_t>(specs_.size());
  const Duration pause = specs_.size() > kManyModels ? count * kPauseAModel : Duration{};
  if (!ranks_stale_ && now < ranked_at_ + pause) return;
  ranked_at_ = now;
  std::vector<std::string> models;
  for (const auto& [name, stored] : specs_) models.push_back(name);
  ranking_.update(models, deciding);
  const auto before =
      std::exchange(ranks_, bounded ? bounded_owners(ranking_) : unbounded_owners(ranking_));
  for (const auto& [name, order] : ranks_) {
    const auto known = before.find(name);
    if (known != before.end() && known->second == order) continue;
    for (auto& account : accounts_) account.changes.models.insert(name);
    if (rejecting_.contains(name)) limits_stale_ = true;
  }
  ranked_members_ = deciding;
  ranked_bounded_ = bounded;
  ranks_stale_ = false;
  const std::string& self = ledger_.node().name;
  std::erase_if(owners_, [&](const auto& entry) {
    if (owns(self, entry.first)) return false;
    if (auto sizer = entry.second.sizer_record()) learned_[entry.first].sizer = std::move(sizer);
    return true;
  });
  for (const auto& [name, stored] : specs_) {
    if (!owns(self, name)) continue;
    if (const auto found = owners_.find(name); found != owners_.end()) {
      found->second.set_spec(stored, now);
      continue;
    }
    owners_.emplace(name, ModelOwner(self, fmt::format("{}.{:x}", self, incarnation_), stored, now,
                                     options_.owner, epochs_.highest(name)));
    out.push_back(Notice{fmt::format("this node now decides for model {}", name)});
    inherit(name, out);
    beat_soon_ = true;
  }
  if (!specs_known_) return;  // who keeps what of the demand is not known either
  // Demand is kept by the owner and by the next in line, who then need not start from nothing.
  std::erase_if(demands_, [&](const auto& entry) {
    const auto& order = ranked(entry.first);
    return std::find(order.begin(), order.end(), self) == order.end();
  });
  note_line(before, now);
}

}  // namespace starling
