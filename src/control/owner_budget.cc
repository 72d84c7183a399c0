// The part of an owner that keeps to its tenant's budget.
#include <algorithm>
#include <cmath>
#include <limits>

#include "control/owner.h"

namespace starling {

/// Replicas that the tenant's money holds. Those of an older spec are in use, too, until they are
/// replaced.
int ModelOwner::most_affordable(const OwnedReplicas& have, const OwnerContext& context) {
  if (context.budget == nullptr) return std::numeric_limits<int>::max();
  const BudgetPart& part = *context.budget;
  if (part.price_per_hour <= 0) return part.allowed;
  const double money = std::max(0.0, part.budget - part.in_use) + 1e-9;
  const double more = std::floor(money / part.price_per_hour);
  const int running = have.total() + static_cast<int>(have.outdated.size());
  return std::min(part.allowed, running + static_cast<int>(std::min(more, 1e6)));
}

/// Harder than the manifest's minimum: money that is not there can't be spent. Growth waits until
/// what others give up is gone.
void ModelOwner::keep_within_budget(Decision& d, const OwnedReplicas& have,
                                    const OwnerContext& context) {
  unbudgeted_ = 0;
  over_budget_.clear();
  if (context.budget == nullptr) return;
  trades_.forgo_late(context.now);
  // Where capacity is short, its share and one more that it might buy: money for what there is no
  // room for would be lacking elsewhere.
  unbudgeted_ = std::max(d.allocation.replicas,
                         std::min(wish_, d.current + trades_.promised(context.now) + 1));
  const int most = most_affordable(have, context);
  wish_ = std::min(wish_, most);  // no node is worth getting for what may not be paid
  if (unbudgeted_ <= most) return;
  over_budget_ = text_of(*context.budget);
  if (d.allocation.replicas <= most) return;
  d.allocation.guards.push_back({"budget", over_budget_, d.allocation.replicas, most});
  d.allocation.replicas = most;
  trades_.allow_starts(std::min(trades_.free_starts(), std::max(0, most - d.current)));
}

}  // namespace starling
