// What a node tells of itself, and when: heartbeats, beats that repeat nothing, and, in a divided
// fleet, changes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "control/effects.h"
#include "control/epochs.h"
#include "control/membership.h"

namespace starling {

inline constexpr std::size_t kLargeFleet = 48;  // nodes: from here on heartbeats are worth sparing

/// So many beats, which repeat nothing, come between two heartbeats of a node on which nothing
/// changes.
constexpr int beats_between(std::size_t fleet) {
  return std::max(2, static_cast<int>(fleet / kLargeFleet) * 3);
}

class SelfReport {
 public:
  /// What there is to tell at that moment; the report numbers it.
  using Describe = std::function<Heartbeat(TimePoint)>;
  /// What nodes go by in what an owner tells: whose commands count, and the size of replicas.
  struct Terms {
    Epoch epoch = 0;
    Resources size;
    bool operator==(const Terms&) const = default;
  };
  /// What the way of telling depends on.
  struct Occasion {
    bool brief = false;  // everybody reads messages in their brief forms
    /// Whether others act on them at once; asked only where it counts.
    std::function<bool()> figures_matter = [] { return false; };
    std::map<std::string, Terms> terms;  // of the owners here, in an undivided fleet, by model
  };

  /// Of the node `self`, whose own beats and heartbeats `members` hears, too. Both outlive it.
  SelfReport(const NodeInfo& self, std::uint64_t incarnation, Membership& members,
             Duration heartbeat, Describe describe, TimePoint now);

  /// Something others wait for: told with the next tick, not only with the next beat.
  void soon() { soon_ = true; }
  /// The next beat has content.
  void with_content() { content_due_ = true; }
  /// This node is in another cell, where nobody knows yet what it told before.
  void on_new_cell();

  bool due(TimePoint now) const { return now >= next_beat_ || soon_; }
  /// To be called when it is due.
  void beat(const Occasion& occasion, TimePoint now, Effects& out);
  /// All that there is to tell, under the next number. `leaving`: this node's last word.
  Heartbeat heartbeat(TimePoint now, bool leaving = false);
  /// Lets this node itself know at once.
  void tell_self(TimePoint now) { members_.on_heartbeat(heartbeat(now), now); }
  /// For one that asks: it knows then what everybody else does, so that the next change holds for
  /// it, too.
  Heartbeat answer(TimePoint now);
  /// The sequence of the last content that was told.
  std::uint64_t content() const { return content_; }

 private:
  bool wants_content(const Occasion& occasion) const;
  void beat_undivided(const Occasion& occasion, TimePoint now, Effects& out);
  void beat_in_cell(const Occasion& occasion, bool regular, TimePoint now, Effects& out);
  bool tells_now(const Change& change, bool regular, TimePoint now);
  void plan_figures(const Heartbeat& mine, bool matter, TimePoint now);

  const std::string& self_;
  Membership& members_;
  Duration heartbeat_;
  std::uint64_t incarnation_;
  Describe describe_;
  std::string path_;  // that this node's cell listens to, see cells.h
  std::uint64_t sequence_ = 0;
  TimePoint next_beat_;
  bool soon_ = true;
  bool content_due_ = true;
  std::uint64_t content_ = 0;
  int beats_ = 0;                            // without content since
  std::map<std::string, Terms> terms_told_;  // in the last heartbeat
  // In a divided fleet:
  std::optional<Heartbeat> told_;  // what everybody knows of this node
  TimePoint figures_at_{};         // they are told again
  TimePoint untold_since_{};       // what can wait
};

}  // namespace starling
