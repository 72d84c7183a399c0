// The part of an owner that shares a capacity that is short: how it follows a round of the
// exchange, what it offers to others and what it sells.
#include <algorithm>

#include "control/market.h"
#include "control/owner.h"
#include "control/resources.h"
#include "control/tender.h"
#include "policy/market/valued_policy.h"

namespace starling {
namespace {

/// A sold replica leaves the routes (1 s), drains (at most 10 s), and its room is the buyer's at
/// one of the next decisions. Beyond this its node is gone or the word was lost, and the buyer,
/// which asked for no more meanwhile, buys again.
constexpr Duration kDelivery = 16s;

}  // namespace

/// What a round, settled by the values of the decision before, leaves of use by those of now: what
/// came since, and what is promised, is worth no second time.
MarketPart ModelOwner::still_worth(const MarketPart& part, const Decision& d, int promised,
                                   int most) const {
  const std::vector<double>& gains = d.allocation.values.gains;
  const ExchangeOptions& options = options_.exchange;
  int have = d.current + promised;
  auto next = static_cast<std::size_t>(promised);
  const auto gain = [&] { return next < gains.size() ? gains[next] : 0; };
  MarketPart left;
  const auto starts = [&] {
    if (left.starts == part.starts || have >= most) return false;
    const bool wished = have < d.allocation.replicas;
    return have < d.objective.min ||
           gain() > (wished ? options.worth_having : options.worth_keeping);
  };
  for (; starts(); ++have, ++next) ++left.starts;
  for (const auto& purchase : part.purchases) {
    MarketPart::Purchase now{purchase.seller, purchase.owner, {}};
    for (const double then : purchase.gains) {
      // Below its minimum a model's gain is beyond what it would miss.
      const double worth = have < d.objective.min ? then : gain();
      if (worth <= options.margin || have >= most) break;
      now.gains.push_back(worth);
      ++have;
      ++next;
    }
    if (!now.gains.empty()) left.purchases.push_back(std::move(now));
  }
  return left;
}

int ModelOwner::promised(TimePoint now) {
  std::erase_if(promised_, [&](const Promised& one) { return one.until <= now; });
  return static_cast<int>(promised_.size());
}

std::set<std::string> ModelOwner::keepers(TimePoint now) const {
  std::set<std::string> nodes;
  for (const Promised& one : promised_) {
    if (!one.node.empty() && one.until > now) nodes.insert(one.node);
  }
  return nodes;
}

/// So many have begun on a node: what it kept room for first, then what the round gave on free
/// room, then what was bought of those that did not say where.
void ModelOwner::take_delivery(const std::string& node, int count) {
  const auto take = [&](const auto& meant) {
    std::erase_if(promised_, [&](const Promised& one) {
      const bool taken = count > 0 && meant(one);
      count -= taken ? 1 : 0;
      return taken;
    });
  };
  take([&](const Promised& one) { return one.node == node; });
  const int on_free_room = std::min(free_starts_, count);
  free_starts_ -= on_free_room;
  count -= on_free_room;
  take([](const Promised& one) { return one.node.empty(); });
  take([](const Promised&) { return true; });
}

/// Bends the wish to what the round gives: starts on free capacity and what was bought. Replicas
/// beyond the wish stay while much is lost with them, because what goes may not come back.
/// A decision that replaces replicas of an older spec follows the wish: the round is of what there
/// was before. A round may know no values of this model yet, as its owner is new or capacity has
/// only just become short: what runs then stays but for what is hardly missed, no more than the
/// minimum is asked for, and a model that runs nowhere follows its wish.
Effects ModelOwner::share(Decision& d, const Replicas& have, const OwnerContext& context) {
  if (!context.scarce) promised_.clear();
  free_starts_ = 0;
  wish_ = d.allocation.replicas;
  shared_ = false;
  const bool valued = dynamic_cast<const ValuedPolicy*>(policy_.get()) != nullptr;
  if (!context.scarce || !valued || !have.outdated.empty()) return {};
  const bool known = context.market != nullptr && last_;
  if (!known && d.current == 0) return {};
  shared_ = true;
  const int most = std::min(d.objective.max, most_affordable(have, context));
  const MarketPart part =
      known ? still_worth(*context.market, d, promised(context.now), most) : MarketPart{};
  const ReplicaValues& values = d.allocation.values;
  const int wish = d.allocation.replicas;
  int target = d.current + part.starts + promised(context.now);
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
  short_by_ = std::max(0, std::min(wish, most) - target);  // want of money is no want of room
  const bool no_room = could_run(context) && !room_now(context);
  short_tenders_ = short_by_ > 0 && no_room ? kShortTenders : 0;
  free_starts_ = part.starts;
  std::erase_if(offers_, [&](const auto& entry) { return entry.second.until <= context.now; });
  Effects effects;
  for (const auto& purchase : part.purchases) {
    const std::string request = fmt::format("{}/{}/{}", id_prefix_, spec_.spec.name, ++tenders_);
    offers_[request] = {context.now + kAnswerPatience, static_cast<int>(purchase.gains.size())};
    effects.push_back(Send{
        purchase.owner, PurchaseOffer{request, self_, spec_.spec.name, purchase.seller,
                                      replica_size(), spec_.spec.clouds, purchase.gains, epoch_}});
  }
  return effects;
}

/// Whether some live node that takes replicas has room for one now: one that knows no specs takes
/// none.
bool ModelOwner::room_now(const OwnerContext& context) const {
  const auto& live = context.members.live();
  return std::any_of(live.begin(), live.end(), [&](const std::string& name) {
    const Heartbeat& last = context.members.find(name)->last;
    return last.scheduling == Scheduling::kOpen && !last.without_specs &&
           may_hold(spec_.spec.clouds, replica_size(), last.node.cloud, last.free);
  });
}

/// The replicas in whose place one of the buyer's would fit, and meet no model of `apart`. `taken`:
/// what the offer's replicas have of each node beyond those in whose place they come.
std::vector<ReplicaStatus> ModelOwner::fitting(const PurchaseOffer& offer,
                                               const std::set<std::string>& apart,
                                               const std::map<std::string, Resources>& taken,
                                               const std::vector<ReplicaStatus>& replicas,
                                               const OwnerContext& context) const {
  std::vector<ReplicaStatus> found;
  const auto met = [&](const ReplicaStatus& there, const ReplicaStatus& sold) {
    return there.id != sold.id && !stopping_.contains(there.id) && apart.contains(there.model);
  };
  for (const ReplicaStatus& replica : replicas) {
    const Member* node = context.members.find(replica.node);
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

Effects ModelOwner::on_offer(const PurchaseOffer& offer, Epoch obeyed,
                             const std::set<std::string>& apart, const OwnerContext& context) {
  PurchaseReply reply{offer.request, offer.model, spec_.spec.name, 0, "", obeyed, {}};
  Effects effects;
  const auto refuse = [&](std::string reason) { reply.refusal = std::move(reason); };
  const auto now = context.now;
  std::erase_if(offered_by_, [&](const auto& entry) { return entry.second <= now; });
  const std::vector<double> losses =
      last_ ? last_->allocation.values.losses : std::vector<double>{};
  Replicas have = replicas(context);
  if (promised(now) > 0) refuse("it is buying replicas itself");
  if (!have.leaving.empty()) refuse("its replicas on draining nodes are being replaced");
  if (now < taken_ + options_.takeover_hold) refuse("its owner has not known it for long enough");
  // An answer may be lost and the offer come again, in another name, before its fruit is seen.
  if (!offered_by_.emplace(offer.model, now + kAnswerPatience).second) {
    refuse("it has had an offer of this model just now");
  }
  std::map<std::string, Resources> taken;
  for (std::size_t i = 0; i < offer.gains.size() && reply.refusal.empty(); ++i) {
    const auto sold = static_cast<std::size_t>(sold_);
    const auto candidates = fitting(offer, apart, taken, have.current, context);
    if (static_cast<int>(have.current.size()) + have.expected <= spec_.spec.replicas.min) {
      refuse("it has no more than its minimum");
    } else if (sold >= losses.size()) {
      refuse("it values no replica more");
    } else if (!pays(offer.gains[i], losses[sold], options_.exchange)) {
      refuse(fmt::format("a gain of {:.1f} requests does not pay for a loss of {:.1f}",
                         offer.gains[i], losses[sold]));
    } else if (candidates.empty()) {
      refuse("none of its replicas leaves enough room where the buyer may run");
    } else {
      const auto ids = stops(candidates, 1, context);
      const std::string reason =
          fmt::format("sold to {}: saves {:.1f} requests there, misses {:.1f} here", offer.model,
                      offer.gains[i], losses[sold]);
      for (auto& effect : stop(ids, have.current, reason, now, &offer)) {
        effects.push_back(std::move(effect));
      }
      const auto gone =
          std::find_if(have.current.begin(), have.current.end(),
                       [&](const auto& replica) { return replica.id == ids.front(); });
      reply.nodes.push_back(gone->node);
      Resources& more = taken.try_emplace(gone->node, Resources{0, 0}).first->second;
      more = difference(sum(more, offer.resources), gone->resources);
      have.current.erase(gone);
      ++sold_;
      ++reply.sold;
    }
  }
  effects.push_back(Send{offer.owner, std::move(reply)});
  return effects;
}

Effects ModelOwner::on_purchase_reply(const PurchaseReply& reply, const OwnerContext& context) {
  hear(reply.epoch);
  std::erase_if(offers_, [&](const auto& entry) { return entry.second.until <= context.now; });
  const auto offer = offers_.find(reply.request);
  if (offer == offers_.end()) return {};
  const int sold = std::min(reply.sold, offer->second.replicas);
  offers_.erase(offer);
  for (std::size_t i = 0; i < static_cast<std::size_t>(sold); ++i) {
    promised_.push_back(
        {context.now + kDelivery, i < reply.nodes.size() ? reply.nodes[i] : std::string{}});
  }
  if (sold == 0) return {};
  return {Notice{fmt::format("model {} has bought {} of {}", spec_.spec.name, sold, reply.seller)}};
}

}  // namespace starling
