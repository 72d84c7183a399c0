// What an agent does with each kind of message from the others.
#include <algorithm>

#include "control/agent.h"

namespace starling {
namespace {

constexpr Duration kClockApartMax = 30s;  // beyond it a report would spoil the record of the demand

/// The model of a request id, "<node>.<incarnation>/<model>/<number>".
std::string model_of(const std::string& request) {
  const auto end = request.rfind('/');
  if (end == std::string::npos || end == 0) return "";
  const auto begin = request.rfind('/', end - 1);
  return begin == std::string::npos ? "" : request.substr(begin + 1, end - begin - 1);
}

}  // namespace

Effects Agent::on_message(const Message& message, TimePoint now) {
  Effects out;
  std::visit([&](const auto& m) { handle(m, now, out); }, message);
  return out;
}

void Agent::handle(const Heartbeat& m, TimePoint now, Effects& out) {
  if (m.node.name == ledger_.node().name) {
    if (m.incarnation > incarnation_ && namesakes_.insert(m.incarnation).second) {
      out.push_back(Notice{fmt::format(
          "another agent calls itself {}: give each node a name of its own", m.node.name)});
    }
    return;
  }
  hear(m, std::nullopt, now, out);
}

void Agent::hear(const Heartbeat& m, std::optional<TimePoint> relayed, TimePoint now,
                 Effects& out) {
  const Member* known = membership_.find(m.node.name);
  const bool was_gone =
      known == nullptr || known->state == MemberState::kDead || known->state == MemberState::kLeft;
  const bool taken =
      relayed ? membership_.on_relayed(m, *relayed, now) : membership_.on_heartbeat(m, now);
  if (!taken) return;
  unknown_.erase(m.node.name);
  for (const auto& summary : m.owned) {
    if (specs_.contains(summary.model)) epochs_.hear(summary.model, summary.epoch);
  }
  if (was_gone) clocks_apart_.erase(m.node.name);  // it may have been mended
  if (m.leaving) {
    out.push_back(Notice{fmt::format("node {} left", m.node.name)});
  } else if (was_gone) {
    out.push_back(
        Notice{fmt::format("node {} joined from {}/{}", m.node.name, m.node.cloud, m.node.zone)});
    const bool far = membership_.find(m.node.name)->far;
    beat_soon_ = beat_soon_ || !far;  // so that the newcomer knows this node at once
    digest_soon_ = digest_soon_ || !far;
  }
}

/// Demand is kept by the second, so a node whose clock is elsewhere can't add to it: one report
/// from the future would make all true ones look too old.
bool Agent::from_now(const TrafficReport& report, TimePoint now, Effects& out) {
  const Duration apart = report.second > now ? report.second - now : now - report.second;
  if (apart <= kClockApartMax) {
    clocks_apart_.erase(report.node);
    return true;
  }
  if (clocks_apart_.insert(report.node).second) {
    out.push_back(Notice{
        fmt::format("traffic reports of node {} are left out: its clock is {:.0f} s from this "
                    "node's; synchronise both (chrony, systemd-timesyncd)",
                    report.node, seconds(apart))});
  }
  return false;
}

/// What is handed over ends when it was sent, or earlier where nothing came since.
bool Agent::from_now(const Handover& m, TimePoint now, Effects& out) {
  TimePoint newest{};
  if (m.past) {
    const DemandPast& past = *m.past;
    const auto second = past.first_second + static_cast<std::int64_t>(past.seconds.size());
    const auto minute = past.first_minute + static_cast<std::int64_t>(past.minutes.size()) - 1;
    const auto end = std::max(second, past.minutes.empty() ? 0 : 60 * minute);
    newest = TimePoint{std::chrono::seconds(end)};
  }
  if (m.sizer) {
    const UsageRecord& usage = m.sizer->usage;
    newest =
        std::max({newest, usage.last, usage.killed, usage.cpu.reference, usage.memory.reference});
    if (m.sizer->decided) newest = std::max(newest, m.sizer->decided->changed);
  }
  const bool ahead = newest > now + kClockApartMax;
  if (!ahead && newest >= now - kClockApartMax) clocks_apart_.erase(m.from);
  if (!ahead) return !clocks_apart_.contains(m.from);
  if (clocks_apart_.insert(m.from).second) {
    out.push_back(
        Notice{fmt::format("what node {} hands over is left out: its clock is ahead of this "
                           "node's; synchronise both (chrony, systemd-timesyncd)",
                           m.from)});
  }
  return false;
}

void Agent::handle(const TrafficReport& m, TimePoint now, Effects& out) {
  if (!from_now(m, now, out)) return;
  for (const auto& sample : m.samples) {
    if (!specs_.contains(sample.model)) continue;
    demands_[sample.model].add(m.second, sample);
    note_origin(sample.model, m, static_cast<double>(sample.arrivals));
  }
}

/// A later owner than the one that commands may have been obeyed here, or this node may see another
/// owner.
std::optional<std::string> Agent::refusal(const std::string& owner, const std::string& model,
                                          Epoch epoch, Effects& out) {
  if (!owns(owner, model)) {
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
  const Affordable affords = affordable(m.model, m.resources);
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
  const auto owner = owners_.find(model_of(m.request));
  if (owner != owners_.end()) take(owner->second.on_bid(m, context(owner->first, now)), now, out);
}

void Agent::handle(const Award& m, TimePoint now, Effects& out) {
  const StoredSpec* stored = spec_of(m.model);
  AwardReply reply{m.request, ledger_.node().name, m.model, {}, ""};
  if (m.count == 0) {
    ledger_.refuse(m.request);
    return;
  }
  if (stored == nullptr || generation_of(stored->spec) != m.generation) {
    ledger_.take_back(m.request);
    reply.refusal = "this node knows another version of the spec";
  } else if (scheduling_ != Scheduling::kOpen && !ledger_.accepted(m.request)) {
    ledger_.take_back(m.request);
    reply.refusal = fmt::format("the node is {}", name_of(scheduling_));
  } else if (auto refused = refusal(m.owner, m.model, m.epoch, out)) {
    ledger_.take_back(m.request);
    reply.refusal = std::move(*refused);
  } else {
    const bool repeated = ledger_.accepted(m.request);  // the network may bring an award twice
    // Since the bid another model may have come, and money may have gone.
    Award allowed = m;
    std::string no_more;
    if (!repeated) {
      const auto other = barred(m.model);
      const auto affords = affordable(m.model, ledger_.promised_size(m.request));
      allowed.count = other.empty() ? std::min(m.count, affords.count) : 0;
      no_more =
          other.empty() ? affords.budget : fmt::format("{} has come, to be kept apart from", other);
    }
    if (allowed.count == 0) {
      ledger_.take_back(m.request);
      reply.refusal = no_more;
    } else {
      reply = ledger_.accept(allowed, stored->spec, now);
      if (allowed.count < m.count && reply.refusal.empty()) reply.refusal = no_more;
    }
    for (const auto& replica : reply.started) {
      if (repeated) break;
      ModelSpec spec = stored->spec;
      spec.resources = replica.resources;
      out.push_back(StartReplicaEffect{
          {replica.id, std::move(spec), replica.devices, ledger_.node().gpus > 0}});
      out.push_back(
          PlacementChanged{replica, "start", "asked for by " + m.owner, m.owner, m.epoch});
      beat_soon_ = true;
    }
  }
  reply.epoch = epochs_.obeyed(m.model);
  take({Send{m.owner, reply}}, now, out);
}

void Agent::handle(const AwardReply& m, TimePoint now, Effects& out) {
  const auto owner = owners_.find(m.model);
  if (owner != owners_.end())
    take(owner->second.on_award_reply(m, context(m.model, now)), now, out);
}

void Agent::handle(const StopReplica& m, TimePoint now, Effects& out) {
  const ReplicaStatus* replica = ledger_.find(m.replica);
  if (replica == nullptr || replica->model != m.model) return;
  if (replica->state == ReplicaState::kDraining) return;
  // The owner hears from this node's heartbeats which epoch it must go beyond.
  if (refusal(m.owner, m.model, m.epoch, out)) return;
  drain(m.replica, now);
  if (!m.sold_to.empty()) ledger_.sell(m.replica, m.sold_to, m.sold_size);
  out.push_back(PlacementChanged{*ledger_.find(m.replica), "stop", m.reason, m.owner, m.epoch});
}

void Agent::handle(const PurchaseOffer& m, TimePoint now, Effects& out) {
  const auto owner = owners_.find(m.seller);
  if (owner == owners_.end()) return;
  if (auto refused = refusal(m.owner, m.model, m.epoch, out)) {
    const PurchaseReply none{m.request, m.model, m.seller, 0, *refused, epochs_.obeyed(m.model),
                             {}};
    return take({Send{m.owner, none}}, now, out);
  }
  take(owner->second.on_offer(m, epochs_.obeyed(m.model), apart_from(apart_, m.model),
                              context(m.seller, now)),
       now, out);
}

void Agent::handle(const PurchaseReply& m, TimePoint now, Effects& out) {
  const auto owner = owners_.find(m.model);
  if (owner == owners_.end()) return;
  take(owner->second.on_purchase_reply(m, context(m.model, now)), now, out);
}

}  // namespace starling
