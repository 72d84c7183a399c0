// Implements forecast/online/adapt_schedule.h.
#include "forecast/online/adapt_schedule.h"

#include <algorithm>
#include <tuple>

namespace starling {

void AdaptSchedule::seen(const std::string& model, TimePoint now, std::int64_t work) {
  const auto [entry, added] = models_.try_emplace(model);
  if (added) entry->second.due = now + options_.interval;
  entry->second.work = work;
}

void AdaptSchedule::drifted(const std::string& model, TimePoint now) {
  const auto entry = models_.find(model);
  if (entry == models_.end()) return;
  entry->second.drifted = true;
  entry->second.patience = 1;
  entry->second.due = std::min(entry->second.due, now);
}

std::vector<std::string> AdaptSchedule::take(TimePoint now, std::int64_t budget) {
  std::vector<std::pair<const std::string, Entry>*> due;
  for (auto& model : models_) {
    if (!model.second.taken && model.second.due <= now) due.push_back(&model);
  }
  std::sort(due.begin(), due.end(), [](const auto* a, const auto* b) {
    return std::tuple(!a->second.drifted, a->second.due, a->first) <
           std::tuple(!b->second.drifted, b->second.due, b->first);
  });
  std::vector<std::string> taken;
  for (auto* model : due) {
    if (!taken.empty() && model->second.work > budget) break;
    budget -= model->second.work;
    model->second.taken = true;
    taken.push_back(model->first);
  }
  return taken;
}

void AdaptSchedule::done(const std::string& model, bool kept, TimePoint now) {
  const auto found = models_.find(model);
  if (found == models_.end()) return;
  Entry& entry = found->second;
  entry.due = now + (kept ? 1 : entry.patience) * options_.interval;
  entry.patience = kept ? 1 : std::min(2 * entry.patience, std::max(1, options_.patience_max));
  entry.taken = entry.drifted = false;
}

}  // namespace starling
