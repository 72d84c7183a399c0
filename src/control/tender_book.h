// The tenders of one model: a call for bids while it is open, and then its awards until each is
// answered.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "control/effects.h"
#include "control/messages.h"

namespace starling {

/// One call for bids.
struct Tender {
  std::string request;
  TimePoint decided{};  // the time of the decision that asked
  int wanted = 0;       // replicas
  TimePoint closes{};
  std::map<std::string, Bid> bids{};  // by node
};

/// At most one tender is open, and at most one has awards to be answered.
class TenderBook {
 public:
  /// Only where no awards of an earlier tender are waited for: they would be lost.
  void open(Tender tender) { tender_ = std::move(tender); }
  bool is_open() const { return tender_.has_value(); }
  bool closes(TimePoint now) const { return tender_ && now >= tender_->closes; }
  /// Takes a bid in, in place of the node's earlier one. False where it is no answer to the open
  /// tender.
  bool add(const Bid& bid);
  /// Nodes that have answered the open tender. Only while is_open().
  std::size_t bidders() const { return tender_->bids.size(); }
  /// The tender, which is open no more. Only while is_open().
  Tender close();

  /// Awards have gone out to the nodes that `chosen` names with some; they are waited for until
  /// then.
  void award(const std::string& request, TenderSettled chosen, TimePoint until);
  bool is_placing() const { return placing_.has_value(); }
  bool is_placing(const std::string& request) const {
    return placing_ && placing_->request == request;
  }
  bool gives_up(TimePoint now) const { return placing_ && now >= placing_->until; }
  /// Whether some awards are not answered yet. The rest here is only for while is_placing().
  bool awaiting() const { return !placing_->awaited.empty(); }
  /// Notes what became of a node's award. Whether it was waited for.
  bool answer(const AwardReply& reply);
  /// What became of the awards so far.
  const TenderSettled& so_far() const { return placing_->so_far; }
  /// What became of them all: nothing more is waited for.
  TenderSettled settle();

 private:
  /// A closed tender whose awards are not all answered.
  struct Placing {
    std::string request;
    TenderSettled so_far;
    std::set<std::string> awaited;  // nodes
    TimePoint until{};
  };

  std::optional<Tender> tender_;
  std::optional<Placing> placing_;
};

}  // namespace starling
