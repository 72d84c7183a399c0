// The part of an owner that places replicas: it asks for bids, awards them and hears what came of
// it.
#include <map>
#include <utility>

#include "control/owner.h"
#include "control/tender.h"

namespace starling {

/// An id that no other request in the fleet has.
std::string ModelOwner::next_request() {
  return fmt::format("{}/{}/{}", id_prefix_, spec_.spec.name, ++requests_);
}

Effects ModelOwner::open_tender(int wanted, const OwnerContext& context) {
  Effects effects;
  if (tenders_.is_placing()) effects.push_back(settle());
  const std::string request = next_request();
  tenders_.open({request, context.now, wanted, context.now + options_.bid_window});
  effects.push_back(Broadcast{
      BidRequest{request, self_, spec_.spec.name, replica_size(), wanted, spec_.spec.clouds}});
  return effects;
}

Effects ModelOwner::on_bid(const Bid& bid, const OwnerContext& context) {
  hear(bid.epoch);
  if (!tenders_.add(bid)) {
    // A refusal would end what the node keeps for this model of a replica that was sold to it. The
    // bid lapses by itself.
    if (bid.count == 0) return {};
    trades_.forgo_late(context.now);
    if (trades_.promised(context.now) > 0) return {};
    return {Send{bid.node, Award{bid.request, self_, spec_.spec.name, generation_, 0, epoch_}}};
  }
  if (tenders_.bidders() < context.members.live().size()) return {};
  return close_tender(context);
}

/// Which bids win, by what a replica costs on their nodes beside those that there are.
std::vector<BidOutcome> ModelOwner::chosen_of(const Tender& tender, const std::vector<Bid>& bids,
                                              const OwnerContext& context) {
  std::map<std::string, int> already;
  for (const auto& replica : replicas(context).current) ++already[replica.node];
  std::vector<std::string> names;
  for (const auto& bid : bids) names.push_back(bid.node);
  for (const auto& [node, count] : already) names.push_back(node);
  PlacementView view = placement_view(context, names);
  if (move_.begun() && tender.wanted == 1) view.reference_price = move_.choice().reference;
  return choose_bids(bids, tender.wanted, view, already);
}

Effects ModelOwner::close_tender(const OwnerContext& context) {
  const Tender tender = tenders_.close();
  std::vector<Bid> bids;
  for (const auto& [node, bid] : tender.bids) bids.push_back(bid);
  TenderSettled result{spec_.spec.name,
                       self_,
                       tender.decided,
                       fmt::format("asked for {} more", tender.wanted),
                       "",
                       chosen_of(tender, bids, context)};
  const bool stays =
      move_.begun() && tender.wanted == 1 && move_.give_up_unless_better(result.bids);
  Effects effects;
  int awarded = 0;
  for (const auto& o : result.bids) {
    if (o.offered == 0) continue;
    awarded += o.awarded;
    effects.push_back(Send{
        o.node, Award{tender.request, self_, spec_.spec.name, generation_, o.awarded, epoch_}});
  }
  if (shortage_.on_tender(bids, {tender.wanted, awarded, replica_size(), stays, no_room(context)}))
    effects.push_back(unplaced_notice(context));
  if (shortage_.short_by() > 0)
    result.remark = fmt::format("no room for {} of them", shortage_.short_by());
  if (stays) result.remark = "the replica that was to move stays";
  note_outcome(result);
  tenders_.award(tender.request, std::move(result), context.now + kAnswerPatience);
  if (!tenders_.awaiting()) effects.push_back(settle());
  return effects;
}

Effects ModelOwner::on_award_reply(const AwardReply& reply, const OwnerContext& context) {
  hear(reply.epoch);
  for (const auto& replica : reply.started)
    commands_.began(replica.id, context.now + kAnswerPatience);
  if (!tenders_.is_placing(reply.request)) return {};
  if (tenders_.answer(reply))
    trades_.take_delivery(reply.node, static_cast<int>(reply.started.size()));
  note_outcome(tenders_.so_far());
  if (tenders_.awaiting()) return {};
  return {settle()};
}

/// Nothing more is expected of the tender's awards.
Effect ModelOwner::settle() {
  TenderSettled settled = tenders_.settle();
  note_outcome(settled);
  return settled;
}

/// Writes what became of a tender into the decision that asked for it, if it is still remembered.
void ModelOwner::note_outcome(const TenderSettled& tender) {
  for (auto* decision : {&last_, &last_change_}) {
    if (!*decision || (*decision)->time != tender.decided) continue;
    (*decision)->bids = tender.bids;
    if (!tender.remark.empty()) (*decision)->outcome = outcome_of(tender);
  }
}

}  // namespace starling
