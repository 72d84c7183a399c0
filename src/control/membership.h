// Who is alive, and what each last told of itself.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/failure_detector.h"
#include "control/messages.h"

namespace starling {

struct MembershipOptions {
  DetectorOptions detector;
  Duration forget_after{1h};  // a dead node, or one that left, is shown for so long
};

struct Member {
  Heartbeat last;     // `sequence` is of the last sign of life, beats included
  TimePoint heard{};  // by whatever way
  MemberState state = MemberState::kAlive;
  std::uint64_t content = 0;    // the sequence of what `last` says
  bool content_missed = false;  // a beat tells of a heartbeat that never came
  int deaths = 0;               // how often it was declared dead
};

/// Knows every node that was ever heard, this one included, with its last heartbeat.
class Membership {
 public:
  explicit Membership(MembershipOptions options) : options_(options), detector_(options.detector) {}
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  /// Takes in a heartbeat. Older ones (by incarnation, then sequence) are ignored: returns false.
  bool on_heartbeat(const Heartbeat& heartbeat, TimePoint now);
  /// Likewise one that did not come straight from its node, which sent it at about `heard`.
  bool on_relayed(const Heartbeat& heartbeat, TimePoint heard, TimePoint now);
  /// A sign of life without content. False, and nothing changes, for one that is old, of another
  /// life or of a node that nothing is known of.
  bool on_beat(const Beat& beat, TimePoint now);
  /// Moves members other than `self` to suspect and dead by what the detector makes of their
  /// silence. Returns the names that changed.
  std::vector<std::string> on_tick(TimePoint now, const std::string& self = "");

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
  /// Those of the live members that answer probes, sorted.
  const std::vector<std::string>& askable() const { return askable_; }
  /// What and where every known node is.
  std::map<std::string, NodeInfo> nodes() const;
  /// All replicas on live members, by node.
  std::vector<const ReplicaStatus*> replicas() const;
  /// Those of one model, without a look at the others.
  std::vector<const ReplicaStatus*> replicas_of(const std::string& model) const;
  /// Grows whenever live members, or anything that routes are made of, may have changed.
  std::uint64_t version() const { return version_; }
  FailureDetector& detector() { return detector_; }
  const FailureDetector& detector() const { return detector_; }

 private:
  /// Where a replica's status is found, however often its node repeats it.
  struct Place {
    const Member* member;
    std::size_t index;
  };

  bool take(const Heartbeat& heartbeat, TimePoint heard, bool direct);
  /// The index of replicas without, and with, those of one member.
  void unlist(const Member& member);
  void list(const Member& member);
  void relist_names();
  void reindex();

  MembershipOptions options_;
  FailureDetector detector_;
  std::map<std::string, Member> members_;
  std::vector<std::string> live_;
  std::vector<std::string> deciding_;
  bool bounded_ownership_ = true;
  std::vector<std::string> askable_;
  std::map<std::string, std::vector<Place>> by_model_;
  std::uint64_t version_ = 0;
};

}  // namespace starling
