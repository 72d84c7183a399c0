// What a node makes of what owners ask of its room and its replicas, and an owner of the answers.
#include <algorithm>

#include "control/agent.h"

namespace starling {
namespace {

/// The model of a request id, "<node>.<incarnation>/<model>/<number>".
std::string model_of(const std::string& request) {
  const auto end = request.rfind('/');
  if (end == std::string::npos || end == 0) return "";
  const auto begin = request.rfind('/', end - 1);
  return begin == std::string::npos ? "" : request.substr(begin + 1, end - begin - 1);
}

}  // namespace

/// A later owner than the one that commands may have been obeyed here, or this node may see another
/// owner.
std::optional<std::string> Agent::refusal(const std::string& owner, const std::string& model,
                                          Epoch epoch, Effects& out) {
  if (!line_.owns(owner, model)) {
    if (specs_.contains(model)) epochs_.hear(model, epoch);
    return fmt::format("{} does not own the model as this node sees it", owner);
  }
  auto over = epochs_.obey(model, owner, epoch);
  if (over) {
    ++commands_fenced_;
    out.push_back(Notice{fmt::format("refused a command for model {}: {}", model, *over)});
  }
  return over;
}

void Agent::handle(const BidRequest& m, TimePoint now, Effects& out) {
  if (scheduling_ != Scheduling::kOpen) {
    const Bid none{m.request,
                   ledger_.node().name,
                   0,
                   price_per_hour(ledger_.node(), m.resources),
                   fmt::format("the node is {}", name_of(scheduling_)),
                   epochs_.obeyed(m.model),
                   false,
                   BidLimit::kOther};
    return take({Send{m.owner, none}}, now, out);
  }
  const Affordable affords = budgets_.affordable(m.model, m.resources);
  BidRequest asked = m;
  asked.count = std::min(m.count, affords.count);
  Bid bid = ledger_.bid(asked, now);
  bid.epoch = epochs_.obeyed(m.model);
  if (bid.count == asked.count && asked.count < m.count && bid.reason.empty()) {
    bid.reason = affords.budget;
    bid.limit = BidLimit::kBudget;
  }
  const auto refuse = [&](std::string reason, BidLimit limit = BidLimit::kOther) {
    ledger_.take_back(m.request);
    bid.count = 0;
    bid.reason = std::move(reason);
    bid.limit = limit;
  };
  if (!specs_.contains(m.model)) {
    refuse("this node does not know the model yet");
  } else if (const auto other = barred(m.model); !other.empty()) {
    refuse(fmt::format("{} runs here, which it is to be kept apart from", other));
  }
  const auto failed = failed_starts_.find(m.model);
  if (failed != failed_starts_.end() && now < failed->second.until && bid.count > 0 &&
      failed->second.generation == generation_of(specs_.at(m.model).spec)) {
    refuse("a replica failed here: " + failed->second.detail, BidLimit::kFailedHere);
  }
  take({Send{m.owner, bid}}, now, out);
}

void Agent::handle(const Bid& m, TimePoint now, Effects& out) {
  const std::string model = model_of(m.request);
  if (ModelOwner* owner = owned(model)) take(owner->on_bid(m, context(model, now)), now, out);
}

void Agent::handle(const Award& m, TimePoint now, Effects& out) {
  if (m.count == 0) {
    ledger_.refuse(m.request);
    return;
  }
  const StoredSpec* stored = specs_.find(m.model);
  AwardReply reply{m.request, ledger_.node().name, m.model, {}, ""};
  if (stored == nullptr || generation_of(stored->spec) != m.generation) {
    reply.refusal = "this node knows another version of the spec";
  } else if (scheduling_ != Scheduling::kOpen && !ledger_.accepted(m.request)) {
    reply.refusal = fmt::format("the node is {}", name_of(scheduling_));
  } else if (auto refused = refusal(m.owner, m.model, m.epoch, out)) {
    reply.refusal = std::move(*refused);
  }
  if (reply.refusal.empty()) {
    reply = start_replicas(m, stored->spec, now, out);
  } else {
    ledger_.take_back(m.request);
  }
  reply.epoch = epochs_.obeyed(m.model);
  take({Send{m.owner, reply}}, now, out);
}

/// As many as the award gives and may be: since the bid another model may have come, and money may
/// have gone. The network may bring an award twice, which then starts nothing more.
AwardReply Agent::start_replicas(const Award& award, const ModelSpec& spec, TimePoint now,
                                 Effects& out) {
  if (ledger_.accepted(award.request)) return ledger_.accept(award, spec, now);
  const auto other = barred(award.model);
  const auto affords = budgets_.affordable(award.model, ledger_.promised_size(award.request));
  const std::string no_more =
      other.empty() ? affords.budget : fmt::format("{} has come, to be kept apart from", other);
  Award allowed = award;
  allowed.count = other.empty() ? std::min(award.count, affords.count) : 0;
  if (allowed.count == 0) {
    ledger_.take_back(award.request);
    return {award.request, ledger_.node().name, award.model, {}, no_more};
  }
  AwardReply reply = ledger_.accept(allowed, spec, now);
  if (allowed.count < award.count && reply.refusal.empty()) reply.refusal = no_more;
  for (const auto& replica : reply.started) {
    ModelSpec own = spec;
    own.resources = replica.resources;
    out.push_back(
        StartReplicaEffect{{replica.id, std::move(own), replica.devices, ledger_.node().gpus > 0}});
    out.push_back(PlacementChanged{replica, PlacementEvent::kStart, "asked for by " + award.owner,
                                   award.owner, award.epoch});
    report_.soon();
  }
  return reply;
}

void Agent::handle(const AwardReply& m, TimePoint now, Effects& out) {
  if (ModelOwner* owner = owned(m.model))
    take(owner->on_award_reply(m, context(m.model, now)), now, out);
}

void Agent::handle(const StopReplica& m, TimePoint now, Effects& out) {
  const ReplicaStatus* replica = ledger_.find(m.replica);
  if (replica == nullptr || replica->model != m.model) return;
  if (replica->state == ReplicaState::kDraining) return;
  // The owner hears from this node's heartbeats which epoch it must go beyond.
  if (refusal(m.owner, m.model, m.epoch, out)) return;
  drain(m.replica, now);
  if (!m.sold_to.empty()) ledger_.sell(m.replica, m.sold_to, m.sold_size);
  out.push_back(PlacementChanged{*ledger_.find(m.replica), PlacementEvent::kStop, m.reason, m.owner,
                                 m.epoch});
}

void Agent::handle(const PurchaseOffer& m, TimePoint now, Effects& out) {
  ModelOwner* owner = owned(m.seller);
  if (owner == nullptr) return;
  if (auto refused = refusal(m.owner, m.model, m.epoch, out)) {
    const PurchaseReply none{m.request, m.model, m.seller, 0, *refused, epochs_.obeyed(m.model),
                             {}};
    return take({Send{m.owner, none}}, now, out);
  }
  take(owner->on_offer(m, epochs_.obeyed(m.model), specs_.apart(m.model), context(m.seller, now)),
       now, out);
}

void Agent::handle(const PurchaseReply& m, TimePoint now, Effects& out) {
  if (ModelOwner* owner = owned(m.model))
    take(owner->on_purchase_reply(m, context(m.model, now)), now, out);
}

}  // namespace starling
