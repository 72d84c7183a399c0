// What one model has in the exchange of capacity that is short: what it offered and was offered,
// what it bought and has not got yet, and what it sold.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "control/messages.h"

namespace starling {

class TradeBook {
 public:
  /// A decision that lets so many go begins the count of those that are gone anew.
  void on_decision(int let_go);
  /// Replicas sold or let go since the last decision, which were the cheapest to lose: so many of
  /// its losses are no longer to be had.
  std::size_t gone() const { return static_cast<std::size_t>(gone_); }
  /// One more was sold.
  void sell() { ++gone_; }

  /// So many replicas may begin on free room, as the round gives it: in place of what was allowed
  /// before, not beside it.
  void allow_starts(int count) { free_starts_ = count; }
  /// Of those allowed, the ones that have not begun.
  int free_starts() const { return free_starts_; }

  /// An offer for so many replicas goes out; its answer counts before `until`.
  void offer(const std::string& request, int replicas, TimePoint until, TimePoint now);
  /// The answer to an offer of this model's. Returns how many it has bought: none where the offer
  /// is unknown or was made too long ago.
  int on_reply(const PurchaseReply& reply, TimePoint now);
  /// Another model offers for this one's replicas. False where it had made an offer that it is not
  /// to repeat yet; else it may make the next one at `again`.
  bool hear_offer(const std::string& buyer, TimePoint again, TimePoint now);

  /// Replicas bought and still to come: those that are too late do not count.
  int promised(TimePoint now) const;
  /// Nodes that keep room for what was bought and has not come yet.
  std::set<std::string> keepers(TimePoint now) const;
  /// So many have begun on a node: what it kept room for first, then what the round gave on free
  /// room, then what was bought of those that did not say where. It takes late ones, too, unless
  /// they were given up.
  void take_delivery(const std::string& node, int count);
  /// What was bought and is too late is given up: no delivery is taken for it.
  void forgo_late(TimePoint now);
  /// Nothing that was bought is waited for any more.
  void forgo_promises() { promised_.clear(); }

 private:
  struct Offer {
    TimePoint until{};
    int replicas = 0;
  };
  struct Promised {
    TimePoint until{};  // too late then
    std::string node;   // where its room is; empty: not known
  };

  std::map<std::string, Offer> offers_;          // by request
  std::map<std::string, TimePoint> offered_by_;  // others' models → no further offer before
  std::vector<Promised> promised_;
  int gone_ = 0;
  int free_starts_ = 0;
};

}  // namespace starling
