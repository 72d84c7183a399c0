// Who is alive, from heartbeats alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/messages.h"

namespace starling {

struct MembershipOptions {
  Duration heartbeat{500ms};
  int suspect_after_missed = 3;
  int dead_after_missed = 4;
  Duration forget_after{1h};  // a dead node, or one that left, is shown for so long
};

enum class MemberState { kAlive, kSuspect, kDead, kLeft };
const char* name_of(MemberState state);

struct Member {
  Heartbeat last;
  TimePoint heard{};
  MemberState state = MemberState::kAlive;
};

/// Knows every node that was ever heard, this one included, with its last heartbeat.
class Membership {
 public:
  explicit Membership(MembershipOptions options) : options_(options) {}
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  /// Takes in a heartbeat. Older ones (by incarnation, then sequence) are ignored: returns false.
  bool on_heartbeat(const Heartbeat& heartbeat, TimePoint now);
  /// Moves members to suspect and dead by the time since they were heard. Returns the names that
  /// changed.
  std::vector<std::string> on_tick(TimePoint now);

  /// Counts everybody as heard just now: after this node itself was away.
  void forgive(TimePoint now);

  const std::map<std::string, Member>& members() const { return members_; }
  const Member* find(const std::string& node) const;
  /// Names of the members that take part: alive and suspect ones, sorted.
  const std::vector<std::string>& live() const { return live_; }
  /// Those of them that decide for models: they know the specs and do not drain. Where there are
  /// none, those that know the specs; where there are none of these either, all.
  const std::vector<std::string>& deciding() const { return deciding_; }
  /// Whether the node is known to take new replicas, as far as its operator is concerned.
  bool schedulable(const std::string& node) const;
  /// Whether others are to take over what the node runs.
  bool draining(const std::string& node) const;
  /// Whether all live members know bounded ownership, see ownership.h.
  bool bounded_ownership() const { return bounded_ownership_; }
  /// What and where every known node is.
  std::map<std::string, NodeInfo> nodes() const;
  /// All replicas on live members, by node.
  std::vector<const ReplicaStatus*> replicas() const;
  /// Those of one model, without a look at the others.
  std::vector<const ReplicaStatus*> replicas_of(const std::string& model) const;
  /// Grows whenever live members, or anything that routes are made of, may have changed.
  std::uint64_t version() const { return version_; }

 private:
  /// Where a replica's status is found, however often its node repeats it.
  struct Place {
    const Member* member;
    std::size_t index;
  };

  void reindex();

  MembershipOptions options_;
  std::map<std::string, Member> members_;
  std::vector<std::string> live_;
  std::vector<std::string> deciding_;
  bool bounded_ownership_ = true;
  std::map<std::string, std::vector<Place>> by_model_;
  std::uint64_t version_ = 0;
};

}  // namespace starling
