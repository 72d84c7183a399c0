// The move of one model's replica to a better node, from the choice to its end: another one takes
// its place first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "control/decision.h"
#include "control/messages.h"
#include "control/move.h"

namespace starling {

class ReplicaMove {
 public:
  bool begun() const { return move_.has_value(); }
  /// Whether it is this replica that another one is to stand in for.
  bool moves(const std::string& replica) const { return move_ && move_->replica == replica; }
  /// What was chosen. Only while begun().
  const MoveChoice& choice() const { return *move_; }

  /// Moves are looked for with pauses between: whether the time for it has come.
  bool may_look(TimePoint now) const { return now >= next_; }
  /// A move was looked for; it begins where one was found. `until`: then the next one may be looked
  /// for, and this one is given up.
  void looked(std::optional<MoveChoice> found, TimePoint until);
  /// At a decision that moves on: it ends once the replica is none of these any more, or too late.
  void check(const std::vector<ReplicaStatus>& leaving, TimePoint now);
  void give_up() { move_.reset(); }
  /// After a tender for the replacement alone: takes the award back and gives the move up where
  /// what was offered is not that much better than where the replica is. Whether it did, so that
  /// the replica stays. Only while begun().
  bool give_up_unless_better(std::vector<BidOutcome>& bids);

 private:
  std::optional<MoveChoice> move_;
  TimePoint until_{};  // move_ is given up then
  TimePoint next_{};
};

}  // namespace starling
