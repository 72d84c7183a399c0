// Which cell of a divided fleet an agent is in, and what it makes of the digests of all cells.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "control/digest.h"
#include "control/effects.h"
#include "control/membership.h"
#include "control/prober.h"

namespace starling {

class CellWatch {
 public:
  /// `self` started at `started`. What it is given outlives it.
  CellWatch(const NodeInfo& self, std::uint64_t incarnation, Membership& members, Prober& prober,
            TimePoint started);

  /// Forgets what is too old.
  void on_tick(TimePoint now);
  /// Divides the fleet by how many nodes there are. Returns whether this node is in another cell
  /// now.
  bool find_cell(TimePoint now, Effects& out);
  /// Whether so many of the nodes that digests name are still to be asked what they run and whether
  /// they decide that this one, which has just started, had better decide nothing.
  bool lacks_many(TimePoint now) const;
  /// Whether digests name any node that nothing is known of.
  bool lacks_any() const { return !unknown_.empty(); }
  /// Asks cells that nobody speaks for.
  void miss_cells(TimePoint now, Effects& out);

  /// What this node has to do about a digest.
  struct Reaction {
    bool beat = false;     // others miss it
    bool correct = false;  // a relay of this cell is wrong: those that know better tell
  };
  Reaction on_digest(const Digest& digest, TimePoint now, Effects& out);
  /// The node itself was heard.
  void on_heard(const std::string& node) { unknown_.erase(node); }
  /// This node itself was away.
  void forgive(TimePoint now) { rosters_.forgive(now); }

 private:
  void count_cloud(const Digest& digest, TimePoint now);
  void on_node(const RosterName& who, const NodeDigest& told, const std::string& by, TimePoint now,
               Reaction& reaction, Effects& out);

  const std::string& self_;
  const std::string& cloud_;
  std::uint64_t incarnation_;
  Membership& members_;
  Prober& prober_;
  TimePoint started_;
  std::string path_;            // this node's place, which its cell is the beginning of
  std::size_t cloud_told_ = 0;  // nodes of this cloud, as digests tell
  TimePoint cloud_told_at_{};
  TimePoint digest_heard_{};
  Rosters rosters_;                                // of all cells
  std::map<std::string, TimePoint> roster_asked_;  // by cell
  std::set<std::string> clouds_missed_;
  std::map<std::string, TimePoint> unknown_;  // nodes that digests name → last named
};

}  // namespace starling
