#include "control/replica_move.h"

#include <algorithm>
#include <utility>

namespace starling {

void ReplicaMove::looked(std::optional<MoveChoice> found, TimePoint until) {
  move_ = std::move(found);
  until_ = until;
  next_ = until;
}

void ReplicaMove::check(const std::vector<ReplicaStatus>& leaving, TimePoint now) {
  const bool there = std::any_of(leaving.begin(), leaving.end(),
                                 [&](const ReplicaStatus& r) { return moves(r.id); });
  if (!there || now >= until_) give_up();
}

bool ReplicaMove::give_up_unless_better(std::vector<BidOutcome>& bids) {
  const double most = move_->cost_before - move_->gain / 2;
  const auto winner =
      std::find_if(bids.begin(), bids.end(), [](const BidOutcome& o) { return o.awarded > 0; });
  if (winner != bids.end() && winner->cost_per_hour <= most) return false;
  if (winner != bids.end()) {
    winner->awarded = 0;
    winner->note = "not enough better than where the replica is";
  }
  give_up();
  return true;
}

}  // namespace starling
