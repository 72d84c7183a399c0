#include "control/shortage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/counted.h"
#include "base/excerpt.h"
#include "base/units.h"

namespace starling {
namespace {

/// Tenders at the same moment are promised each other's room: one that finds too little may be
/// chance, so many in a row are not.
constexpr int kShortTenders = 3;

bool gave_up(const Bid& bid) { return bid.limit == BidLimit::kFailedHere; }

/// What the nodes said that offered none, those where a replica failed first.
std::string refusals(std::vector<Bid> bids) {
  constexpr std::size_t kNodesMax = 2, kWordsMax = 160;  // heartbeats carry it
  std::erase_if(bids, [](const Bid& bid) { return bid.count > 0 || bid.reason.empty(); });
  std::stable_partition(bids.begin(), bids.end(), gave_up);
  std::string text;
  for (std::size_t i = 0; i < std::min(bids.size(), kNodesMax); ++i) {
    text += fmt::format("{}{}: {}", i == 0 ? "" : "; ", bids[i].node,
                        excerpt(bids[i].reason, kWordsMax));
  }
  if (bids.size() > kNodesMax)
    text += "; and " + counted(std::ssize(bids) - std::ptrdiff_t{kNodesMax}, "more node");
  return text;
}

/// Whether nodes offered less for want of the tenant's money, and none for want of room.
bool short_of_money(const std::vector<Bid>& bids, int wanted) {
  bool of_budget = false;
  for (const Bid& bid : bids) {
    if (bid.count >= wanted) continue;
    if (bid.limit != BidLimit::kBudget) return false;
    of_budget = true;
  }
  return of_budget;
}

}  // namespace

void Shortage::on_decision(const Look& look) {
  leaving_ = look.leaving;
  if (leaving_ == 0 || look.missing <= 0) unplaced_ = 0;
  if (look.all_ready) problem_.clear();
  if (look.missing > 0) return;
  if (!look.shared) short_tenders_ = 0;
  unaffordable_ = false;
}

bool Shortage::on_tender(const std::vector<Bid>& bids, const Outcome& outcome) {
  // What the budget forbids or a move does without is no want of room.
  const bool no_money = short_of_money(bids, outcome.wanted);
  unaffordable_ = no_money && outcome.awarded < outcome.wanted;
  short_by_ = outcome.given_up || no_money ? 0 : outcome.wanted - outcome.awarded;
  note_problem(bids, outcome.size);
  const int before = std::exchange(unplaced_, std::min(short_by_, leaving_));
  short_tenders_ = short_by_ > unplaced_ && outcome.no_room ? short_tenders_ + 1 : 0;
  return unplaced_ != 0 && before <= 0;
}

void Shortage::on_share(int short_by, bool no_room) {
  short_by_ = short_by;
  short_tenders_ = short_by_ > 0 && no_room ? kShortTenders : 0;
}

/// Why replicas that are wanted are not there, for people: want of room, or starts that fail.
void Shortage::note_problem(const std::vector<Bid>& bids, const Resources& size) {
  problem_.clear();
  if (short_by_ > 0) {
    problem_ = fmt::format("no node takes {} more of {} CPU and {}", short_by_,
                           format_cpu(size.cpu_millis), format_memory(size.memory_bytes));
    const std::string why = bids.empty() ? "none answered" : refusals(bids);
    if (!why.empty()) problem_ += ": " + why;
  } else if (std::any_of(bids.begin(), bids.end(), gave_up)) {
    problem_ = refusals(bids);
  }
}

void Shortage::tell(ModelSummary& summary) const {
  if (short_tenders_ >= kShortTenders) summary.short_by = std::max(0, short_by_ - unplaced_);
  summary.leaving = leaving_;
  summary.unplaced = unplaced_;
  summary.problem = problem_;
}

}  // namespace starling
