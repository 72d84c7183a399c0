// Who is alive, and what each last told of itself.
#pragma once

#include <map>
#include <set>
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
  // In a fleet of several cells, see cells.h:
  std::string path;
  bool far = false;                  // of another cell: only digests tell whether it lives
  bool denied = false;               // by a relay, since it was last heard of
  std::uint64_t content_before = 0;  // what `content` was …
  TimePoint content_at{};            // … until then
};

/// Knows every node that was heard of late, this one included, with its last heartbeat; dead ones
/// are forgotten after MembershipOptions::forget_after.
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
  /// Likewise a sign of life with what is new. Where it changes what never came, that is noted as
  /// missed. False, and nothing changes, as for on_beat().
  bool on_change(const Change& change, TimePoint now);
  /// What the relay `by` tells of a node. Nothing is made of it for one that this node hears
  /// itself. False for a live node, or life of it, that nothing is known of.
  bool on_digest(const RosterName& who, const NodeDigest& told, const std::string& by,
                 TimePoint now);
  /// From now on the members of this cell are heard themselves, of others digests tell, each about
  /// once in `period`.
  void set_cell(const std::string& cell, const std::string& self, TimePoint now);
  /// The present cell; empty: the whole fleet.
  const std::string& cell() const { return cell_; }
  /// Whether the fleet has more cells than one, see cells.h.
  bool divided() const { return !cell_.empty(); }
  /// Nothing was heard of that cell's relays, nor of all of its cloud's: its far members are as if
  /// told to be dead.
  void deny_cell(const std::string& cell, TimePoint now);
  void set_digest_period(Duration period) { detector_.set_far_period(period); }
  /// Moves members other than `self` to suspect and dead by what the detector makes of their
  /// silence. Returns the names that changed.
  std::vector<std::string> on_tick(TimePoint now, const std::string& self = "");

  /// Counts everybody as heard just now: after this node itself was away.
  void forgive(TimePoint now);

  const std::map<std::string, Member>& members() const { return members_; }
  const Member* find(const std::string& node) const;
  /// Names of the members that take part: alive and suspect ones, sorted.
  const std::vector<std::string>& live() const { return names().live; }
  /// Up to `count` of them by chance, the same for the same key.
  std::vector<std::string> some_live(const std::string& key, std::size_t count) const;
  /// How many of them are in that cloud.
  std::size_t live_in(const std::string& cloud) const;
  /// Those of them that decide for models: they know the specs and do not drain. Where there are
  /// none, those that know the specs; where there are none of these either, all.
  const std::vector<std::string>& deciding() const { return names().deciding; }
  /// Whether the node is known to take new replicas, as far as its operator is concerned.
  bool schedulable(const std::string& node) const;
  /// Whether others are to take over what the node runs.
  bool draining(const std::string& node) const;
  /// Whether all live members know bounded ownership, see ownership.h.
  bool bounded_ownership() const { return names().understood > 0; }
  /// What all live members understand, see Heartbeat::understands.
  int understood() const { return names().understood; }
  /// Likewise all live ones and the dead that are not forgotten yet.
  int understood_by_all() const { return names().understood_by_all; }
  /// Those of the live members that answer probes, sorted.
  const std::vector<std::string>& askable() const { return names().askable; }
  /// Those of these that are heard themselves, this node included.
  const std::vector<std::string>& near() const { return names().near; }
  /// All replicas on live members, by node.
  std::vector<const ReplicaStatus*> replicas() const;
  /// Those of one model, without a look at the others.
  std::vector<const ReplicaStatus*> replicas_of(const std::string& model) const;
  /// Grows whenever live members, or anything that routes are made of, may have changed.
  std::uint64_t version() const { return version_; }
  /// What may have changed since the last call, for those who keep accounts of it.
  struct Changes {
    std::set<std::string> members;
    std::set<std::string> models;  // their replicas, or what is told of them
  };
  Changes take_changes() { return std::exchange(changes_, {}); }
  FailureDetector& detector() { return detector_; }
  const FailureDetector& detector() const { return detector_; }

 private:
  /// Where a replica's status is found, however often its node repeats it.
  struct Place {
    const Member* member;
    std::size_t index;
  };

  /// Of the live members, by what they told.
  struct Names {
    std::vector<std::string> live, deciding, askable, near;
    std::map<std::string, std::size_t> by_cloud;
    int understood = kUnderstands, understood_by_all = kUnderstands;
  };

  bool take(const Heartbeat& heartbeat, TimePoint heard, bool direct);
  void alive(Member& member, TimePoint heard, bool direct);
  void set_state(Member& member, MemberState state);
  void set_content(Member& member, std::uint64_t content, TimePoint now);
  /// The index of replicas without, and with, those of one member.
  void unlist(const Member& member);
  void list(const Member& member);
  void note(const Member& member, bool content);
  const Names& names() const;
  Names list_names() const;

  MembershipOptions options_;
  FailureDetector detector_;
  std::string cell_;
  std::map<std::string, Member> members_;
  mutable Names names_;
  mutable bool names_stale_ = false;
  std::map<std::string, std::vector<Place>> by_model_;
  std::uint64_t version_ = 0;
  Changes changes_;
  TimePoint forgotten_at_{};  // the dead were last looked through
};

}  // namespace starling
