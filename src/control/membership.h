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

  /// Takes in a heartbeat. Older ones (by incarnation, then sequence) are ignored: returns false.
  bool on_heartbeat(const Heartbeat& heartbeat, TimePoint now);
  /// Moves members to suspect and dead by the time since they were heard. Returns the names that changed.
  std::vector<std::string> on_tick(TimePoint now);

  /// Counts everybody as heard just now: after this node itself was away.
  void forgive(TimePoint now);

  const std::map<std::string, Member>& members() const { return members_; }
  const Member* find(const std::string& node) const;
  /// Names of the members that take part: alive and suspect ones, sorted.
  std::vector<std::string> live() const;
  /// All replicas on live members.
  std::vector<const ReplicaStatus*> replicas() const;

 private:
  MembershipOptions options_;
  std::map<std::string, Member> members_;
};

}  // namespace starling
