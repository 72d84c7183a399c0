// The replicas of one model, as its owner counts them: those that nodes tell of, and what it has
// asked for since.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/membership.h"
#include "control/replica_move.h"

namespace starling {

struct OwnedReplicas {
  std::vector<ReplicaStatus> current;   // of the present generation, neither draining nor asked to
  std::vector<ReplicaStatus> outdated;  // of another generation, likewise
  int ready = 0;                        // of current
  int unheard = 0;                      // of ready, those on nodes that have missed heartbeats
  int expected = 0;                     // started by a node, not yet in its heartbeat
  std::vector<ReplicaStatus> leaving;   // of the present generation, on draining nodes or moved
  int leaving_ready = 0;
  int leaving_unheard = 0;  // of these, as unheard
  int standing = 0;         // of the leaving: those that none of the others replaces yet

  int staying() const { return static_cast<int>(current.size()) + expected; }
  int total() const { return staying() + standing; }
  /// Tells how many of the leaving ones are `standing`. `wanted`: by the last decision; none: there
  /// was none yet.
  void count_standing(std::optional<int> wanted);
};

/// What nodes were asked to start and to stop and have not told of in a heartbeat yet.
class PendingCommands {
 public:
  /// A node said that it began the replica, which counts until then though no heartbeat shows it.
  void began(const std::string& replica, TimePoint until) { expected_[replica] = until; }
  /// The replica was asked to go and counts no more; still there then, it counts, and is asked,
  /// again.
  void stopping(const std::string& replica, TimePoint until) { stopping_[replica] = until; }
  bool is_stopping(const std::string& replica) const { return stopping_.contains(replica); }

  /// Counts the replicas that nodes tell of, those `standing` left out. `generation`: of the
  /// present spec. The replica that moves is one of the leaving.
  OwnedReplicas count(const std::vector<const ReplicaStatus*>& told, std::uint64_t generation,
                      const ReplicaMove& move, const Membership& members, TimePoint now);

 private:
  std::map<std::string, TimePoint> expected_;  // replica id → forgotten at
  std::map<std::string, TimePoint> stopping_;  // replica id → asked again at
};

}  // namespace starling
