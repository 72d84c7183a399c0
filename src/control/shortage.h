// What one model lacks of the replicas that its owner wants, and why: room, money, or room for
// those that have to leave their nodes.
#pragma once

#include <string>
#include <vector>

#include "control/messages.h"

namespace starling {

class Shortage {
 public:
  /// What a decision found.
  struct Look {
    int missing = 0;         // replicas that are to be asked for; not above 0: none
    int leaving = 0;         // replicas on draining nodes
    bool all_ready = false;  // as many as are wanted serve
    bool shared = false;     // it was a share of capacity that is short
  };
  /// What became of a tender.
  struct Outcome {
    int wanted = 0;
    int awarded = 0;
    Resources size;         // of one replica
    bool given_up = false;  // it was for a move that is not made now
    /// Not every node is asked in a large fleet: while one has room, the next tender may find it.
    bool no_room = false;
  };

  /// Notes how many have to leave, and ends what is over: where nothing is missing, the want of
  /// money, of room for those that leave and, unless on_share() found it, of room at large; where
  /// all serve, the problem that is told.
  void on_decision(const Look& look);
  /// A tender has closed with these bids. Whether only now nobody has room for replacements of
  /// replicas on draining nodes.
  bool on_tender(const std::vector<Bid>& bids, const Outcome& outcome);
  /// The model's share of capacity that is short leaves it so many short. `no_room`: no node has
  /// room for one.
  void on_share(int short_by, bool no_room);

  /// Replicas that no room was found for, by the last tender or share.
  int short_by() const { return short_by_; }
  /// Replicas on draining nodes whose replacement found no room.
  int unplaced() const { return unplaced_; }
  /// Whether there is no room, or no money, for more beside those that run.
  bool holds_back() const { return short_by_ > 0 || unaffordable_; }
  /// Writes what the fleet should know of it.
  void tell(ModelSummary& summary) const;

 private:
  void note_problem(const std::vector<Bid>& bids, const Resources& size);

  int short_by_ = 0;
  bool unaffordable_ = false;  // the last tender was short of money, not of room
  int short_tenders_ = 0;      // in a row that found too little room
  int leaving_ = 0;            // replicas on draining nodes, at the last decision
  int unplaced_ = 0;           // of them, those that the last tender found no replacement for
  std::string problem_;        // why the last tender did not find room for all
};

}  // namespace starling
