// The part of an owner that shares a capacity that is short: how it follows a round of the
// exchange, what it offers to others and what it sells.
#include <algorithm>
#include <map>
#include <utility>

#include "control/market.h"
#include "control/owner.h"
#include "control/resources.h"
#include "control/still_worth.h"

namespace starling {

/// Bends the wish to what the round gives: starts on free capacity and what was bought. Replicas
/// beyond the wish stay while much is lost with them, because what goes may not come back.
/// A decision that replaces replicas of an older spec follows the wish: the round is of what there
/// was before. A round may know no values of this model yet, as its owner is new or capacity has
/// only just become short: what runs then stays but for what is hardly missed, no more than the
/// minimum is asked for, and a model that runs nowhere follows its wish.
Effects ModelOwner::share(Decision& d, const OwnedReplicas& have, const OwnerContext& context) {
  if (!context.scarce) trades_.forgo_promises();
  trades_.allow_starts(0);
  wish_ = d.allocation.replicas;
  shared_ = false;
  if (!context.scarce || !policies_.valued() || !have.outdated.empty()) return {};
  const bool known = context.market != nullptr && last_;
  if (!known && d.current == 0) return {};
  shared_ = true;
  trades_.forgo_late(context.now);
  const int most = std::min(d.objective.max, most_affordable(have, context));
  const MarketPart part = known ? still_worth(*context.market, d, trades_.promised(context.now),
                                              most, options_.exchange)
                                : MarketPart{};
  const ReplicaValues& values = d.allocation.values;
  const int wish = d.allocation.replicas;
  int target = d.current + part.starts + trades_.promised(context.now);
  if (target == d.current && wish < d.current && part.purchases.empty()) {
    target -= given_back(values, d.current - wish, options_.exchange);
  }
  target = std::clamp(target, std::min(d.objective.min, wish), d.objective.max);
  if (target != wish) {
    d.allocation.guards.push_back(
        {"scarce-capacity",
         fmt::format(
             "capacity is short and goes by worth: one more saves {:.1f} requests here, one "
             "fewer misses {:.1f}",
             values.gains.empty() ? 0 : values.gains.front(),
             values.losses.empty() ? 0 : values.losses.front()),
         wish, target});
    d.allocation.replicas = target;
  }
  // Want of money is no want of room.
  shortage_.on_share(std::max(0, std::min(wish, most) - target), no_room(context));
  trades_.allow_starts(part.starts);
  return offer_for(part.purchases, context.now);
}

Effects ModelOwner::offer_for(const std::vector<MarketPart::Purchase>& purchases, TimePoint now) {
  Effects effects;
  for (const auto& purchase : purchases) {
    const std::string request = next_request();
    trades_.offer(request, static_cast<int>(purchase.gains.size()), now + kAnswerPatience, now);
    effects.push_back(Send{
        purchase.owner, PurchaseOffer{request, self_, spec_.spec.name, purchase.seller,
                                      replica_size(), spec_.spec.clouds, purchase.gains, epoch_}});
  }
  return effects;
}

namespace {

/// The replicas in whose place one of the buyer's would fit, and meet no model of `apart` that is
/// not on its way out. `taken`: what the offer's replicas have of each node beyond those in whose
/// place they come.
std::vector<ReplicaStatus> fitting(const PurchaseOffer& offer, const std::set<std::string>& apart,
                                   const std::map<std::string, Resources>& taken,
                                   const std::vector<ReplicaStatus>& replicas,
                                   const PendingCommands& commands, const Membership& members) {
  std::vector<ReplicaStatus> found;
  const auto met = [&](const ReplicaStatus& there, const ReplicaStatus& sold) {
    return there.id != sold.id && !commands.is_stopping(there.id) && apart.contains(there.model);
  };
  for (const ReplicaStatus& replica : replicas) {
    const Member* node = members.find(replica.node);
    if (node == nullptr || node->last.scheduling != Scheduling::kOpen) continue;
    const auto& there = node->last.replicas;
    if (std::any_of(there.begin(), there.end(),
                    [&](const ReplicaStatus& one) { return met(one, replica); }))
      continue;
    Resources room = sum(node->last.free, replica.resources);
    if (const auto more = taken.find(replica.node); more != taken.end())
      room = difference(room, more->second);
    if (may_hold(offer.clouds, offer.resources, node->last.node.cloud, room)) {
      found.push_back(replica);
    }
  }
  return found;
}

}  // namespace

/// Why nothing is sold to the buyer, whatever it offers; empty: something may be. The offer is
/// noted all the same.
std::string ModelOwner::refusal_of(const PurchaseOffer& offer, const OwnedReplicas& have,
                                   TimePoint now) {
  trades_.forgo_late(now);
  std::string why;
  if (trades_.promised(now) > 0) why = "it is buying replicas itself";
  if (!have.leaving.empty()) why = "its replicas on draining nodes are being replaced";
  if (now < taken_ + options_.takeover_hold) why = "its owner has not known it for long enough";
  // An answer may be lost and the offer come again, in another name, before its fruit is seen.
  if (!trades_.hear_offer(offer.model, now + kAnswerPatience, now))
    why = "it has had an offer of this model just now";
  return why;
}

/// Why no replica is sold for such a gain; empty: one is. `room`: whether the buyer's would fit in
/// the place of some.
std::string ModelOwner::refusal_of_gain(double gain, const std::vector<double>& losses,
                                        const OwnedReplicas& have, bool room) const {
  const std::size_t gone = trades_.gone();
  if (have.staying() <= spec_.spec.replicas.min) return "it has no more than its minimum";
  if (gone >= losses.size()) return "it values no replica more";
  if (!pays(gain, losses[gone], options_.exchange)) {
    return fmt::format("a gain of {:.1f} requests does not pay for a loss of {:.1f}", gain,
                       losses[gone]);
  }
  if (!room) return "none of its replicas leaves enough room where the buyer may run";
  return "";
}

Effects ModelOwner::on_offer(const PurchaseOffer& offer, Epoch obeyed,
                             const std::set<std::string>& apart, const OwnerContext& context) {
  PurchaseReply reply{offer.request, offer.model, spec_.spec.name, 0, "", obeyed, {}};
  Effects effects;
  const std::vector<double> losses =
      last_ ? last_->allocation.values.losses : std::vector<double>{};
  OwnedReplicas have = replicas(context);
  reply.refusal = refusal_of(offer, have, context.now);
  std::map<std::string, Resources> taken;
  for (std::size_t i = 0; i < offer.gains.size() && reply.refusal.empty(); ++i) {
    const auto candidates = fitting(offer, apart, taken, have.current, commands_, context.members);
    reply.refusal = refusal_of_gain(offer.gains[i], losses, have, !candidates.empty());
    if (!reply.refusal.empty()) break;
    const auto ids = stops(candidates, 1, context);
    const std::string reason =
        fmt::format("sold to {}: saves {:.1f} requests there, misses {:.1f} here", offer.model,
                    offer.gains[i], losses[trades_.gone()]);
    for (auto& effect : stop(ids, have.current, reason, context.now, &offer)) {
      effects.push_back(std::move(effect));
    }
    const auto gone = std::find_if(have.current.begin(), have.current.end(),
                                   [&](const auto& replica) { return replica.id == ids.front(); });
    reply.nodes.push_back(gone->node);
    Resources& more = taken.try_emplace(gone->node, Resources{0, 0}).first->second;
    more = difference(sum(more, offer.resources), gone->resources);
    have.current.erase(gone);
    trades_.sell();
    ++reply.sold;
  }
  effects.push_back(Send{offer.owner, std::move(reply)});
  return effects;
}

Effects ModelOwner::on_purchase_reply(const PurchaseReply& reply, const OwnerContext& context) {
  hear(reply.epoch);
  const int sold = trades_.on_reply(reply, context.now);
  if (sold == 0) return {};
  return {Notice{fmt::format("model {} has bought {} of {}", spec_.spec.name, sold, reply.seller)}};
}

}  // namespace starling
