// The part of an owner that keeps to its tenant's budget.
#include <algorithm>
#include <cmath>

#include "control/owner.h"

namespace starling {

/// Harder than the manifest's minimum: money that is not there can't be spent. Growth waits until
/// what others give up is gone.
void ModelOwner::keep_within_budget(Decision& d, const Replicas& have,
                                    const OwnerContext& context) {
  unbudgeted_ = 0;
  over_budget_.clear();
  if (context.budget == nullptr) return;
  const BudgetPart& part = *context.budget;
  const int wish = d.allocation.replicas;
  unbudgeted_ = wish;
  int most = part.allowed;
  if (part.price_per_hour > 0) {
    const double money = std::max(0.0, part.budget - part.in_use) + 1e-9;
    const double more = std::floor(money / part.price_per_hour);
    // Those of an older spec are in use, too, until they are replaced.
    const int running = d.current + static_cast<int>(have.outdated.size());
    most = std::min(most, running + static_cast<int>(std::min(more, 1e6)));
  }
  if (wish <= most) return;
  over_budget_ = text_of(part);
  d.allocation.guards.push_back({"budget", over_budget_, wish, most});
  d.allocation.replicas = most;
  wish_ = std::min(wish_, most);  // no node is worth getting for what may not be paid
}

}  // namespace starling
