// The part of an owner that places replicas: it asks for bids, awards them and hears what came of
// it.
#include <algorithm>
#include <utility>

#include "base/counted.h"
#include "base/excerpt.h"
#include "base/units.h"
#include "control/owner.h"
#include "control/tender.h"

namespace starling {

Effects ModelOwner::open_tender(int wanted, const OwnerContext& context) {
  Effects effects;
  if (placing_) effects.push_back(settle());
  tender_ = Tender{fmt::format("{}/{}/{}", id_prefix_, spec_.spec.name, ++tenders_),
                   context.now,
                   wanted,
                   context.now + options_.bid_window,
                   {}};
  effects.push_back(Broadcast{BidRequest{tender_->request, self_, spec_.spec.name, replica_size(),
                                         wanted, spec_.spec.clouds}});
  return effects;
}

Effects ModelOwner::on_bid(const Bid& bid, const OwnerContext& context) {
  hear(bid.epoch);
  if (!tender_ || bid.request != tender_->request) {
    // A refusal would end what the node keeps for this model of a replica that was sold to it. The
    // bid lapses by itself.
    if (bid.count == 0 || promised(context.now) > 0) return {};
    return {Send{bid.node, Award{bid.request, self_, spec_.spec.name, generation_, 0, epoch_}}};
  }
  tender_->bids[bid.node] = bid;
  if (tender_->bids.size() < context.members.live().size()) return {};
  return close_tender(context);
}

namespace {

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

Effects ModelOwner::close_tender(const OwnerContext& context) {
  const Tender tender = std::move(*std::exchange(tender_, std::nullopt));
  std::vector<Bid> bids;
  for (const auto& [node, bid] : tender.bids) bids.push_back(bid);
  std::map<std::string, int> already;
  for (const auto& replica : replicas(context).current) ++already[replica.node];
  std::vector<std::string> names;
  for (const auto& bid : bids) names.push_back(bid.node);
  for (const auto& [node, count] : already) names.push_back(node);
  PlacementView view = placement_view(context, names);
  const bool for_move = moving_ && tender.wanted == 1;
  if (for_move) view.reference_price = moving_->reference;
  placing_ = Placing{
      tender.request,
      {spec_.spec.name, self_, tender.decided, fmt::format("asked for {} more", tender.wanted), "",
       choose_bids(bids, tender.wanted, view, already)},
      {},
      context.now + kAnswerPatience};
  const bool stays = for_move && keep_or_move(placing_->so_far.bids);
  Effects effects;
  int awarded = 0;
  for (const auto& o : placing_->so_far.bids) {
    if (o.offered == 0) continue;
    awarded += o.awarded;
    if (o.awarded > 0) placing_->awaited.insert(o.node);
    effects.push_back(Send{
        o.node, Award{tender.request, self_, spec_.spec.name, generation_, o.awarded, epoch_}});
  }
  // What the budget forbids or a move does without is no want of room.
  const bool no_money = short_of_money(bids, tender.wanted);
  unaffordable_ = no_money && awarded < tender.wanted;
  short_by_ = stays || no_money ? 0 : tender.wanted - awarded;
  note_problem(bids);
  if (auto said = note_unplaced(context)) effects.push_back(std::move(*said));
  // Not every node is asked in a large fleet: while one has room, the next tender may find it.
  const bool no_room = could_run(context) && !room_now(context);
  short_tenders_ = short_by_ > unplaced_ && no_room ? short_tenders_ + 1 : 0;
  if (short_by_ > 0) placing_->so_far.remark = fmt::format("no room for {} of them", short_by_);
  if (stays) placing_->so_far.remark = "the replica that was to move stays";
  tell(placing_->so_far);
  if (placing_->awaited.empty()) effects.push_back(settle());
  return effects;
}

/// Why replicas that are wanted are not there, for people: want of room, or starts that fail.
void ModelOwner::note_problem(const std::vector<Bid>& bids) {
  problem_.clear();
  if (short_by_ > 0) {
    const Resources size = replica_size();
    problem_ = fmt::format("no node takes {} more of {} CPU and {}", short_by_,
                           format_cpu(size.cpu_millis), format_memory(size.memory_bytes));
    const std::string why = bids.empty() ? "none answered" : refusals(bids);
    if (!why.empty()) problem_ += ": " + why;
  } else if (std::any_of(bids.begin(), bids.end(), gave_up)) {
    problem_ = refusals(bids);
  }
}

/// Whether some live node would hold a replica if it were empty: what no node can hold is no want
/// of the fleet's.
bool ModelOwner::could_run(const OwnerContext& context) const {
  const auto& live = context.members.live();
  return std::any_of(live.begin(), live.end(), [&](const std::string& name) {
    const NodeInfo& node = context.members.find(name)->last.node;
    return context.members.schedulable(name) &&
           may_hold(spec_.spec.clouds, replica_size(), node.cloud, node.capacity());
  });
}

Effects ModelOwner::on_award_reply(const AwardReply& reply, const OwnerContext& context) {
  hear(reply.epoch);
  for (const auto& replica : reply.started) expected_[replica.id] = context.now + kAnswerPatience;
  if (!placing_ || placing_->request != reply.request) return {};
  if (placing_->awaited.contains(reply.node))
    take_delivery(reply.node, static_cast<int>(reply.started.size()));
  for (auto& bid : placing_->so_far.bids) {
    if (bid.node != reply.node || bid.awarded == 0) continue;
    bid.started = static_cast<int>(reply.started.size());
    if (!reply.refusal.empty()) bid.note = "refused: " + reply.refusal;
  }
  tell(placing_->so_far);
  placing_->awaited.erase(reply.node);
  if (!placing_->awaited.empty()) return {};
  return {settle()};
}

/// Nothing more is expected of the tender's awards.
Effect ModelOwner::settle() {
  Placing placing = std::move(*std::exchange(placing_, std::nullopt));
  for (auto& bid : placing.so_far.bids) {
    if (placing.awaited.contains(bid.node)) bid.note = "did not answer the award";
  }
  tell(placing.so_far);
  return std::move(placing.so_far);
}

/// Writes what became of a tender into the decision that asked for it, if it is still remembered.
void ModelOwner::tell(const TenderSettled& tender) {
  for (auto* decision : {&last_, &last_change_}) {
    if (!*decision || (*decision)->time != tender.decided) continue;
    (*decision)->bids = tender.bids;
    if (!tender.remark.empty()) (*decision)->outcome = outcome_of(tender);
  }
}

}  // namespace starling
