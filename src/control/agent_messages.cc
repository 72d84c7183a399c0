// What an agent makes of what the others tell.
#include "control/agent.h"

namespace starling {

Effects Agent::on_message(const Message& message, TimePoint now) {
  Effects out;
  std::visit([&](const auto& m) { handle(m, now, out); }, message);
  return out;
}

void Agent::handle(const Heartbeat& m, TimePoint now, Effects& out) {
  if (m.node.name == known_.self()) {
    if (m.incarnation > incarnation_ && namesakes_.insert(m.incarnation).second) {
      out.push_back(Notice{fmt::format(
          "another agent calls itself {}: give each node a name of its own", m.node.name)});
    }
    return;
  }
  hear(m, std::nullopt, now, out);
}

void Agent::hear_epochs(const std::vector<ModelSummary>& owned) {
  for (const auto& summary : owned) {
    if (specs_.contains(summary.model)) epochs_.hear(summary.model, summary.epoch);
  }
}

void Agent::hear(const Heartbeat& m, std::optional<TimePoint> relayed, TimePoint now,
                 Effects& out) {
  const std::string& name = m.node.name;
  const Member* known = membership_.find(name);
  const bool was_gone = known == nullptr || is_gone(known->state);
  const bool taken =
      relayed ? membership_.on_relayed(m, *relayed, now) : membership_.on_heartbeat(m, now);
  if (!taken) return;
  cells_.on_heard(name);
  hear_epochs(m.owned);
  if (was_gone) demands_.on_return(name);
  if (m.leaving) {
    out.push_back(Notice{fmt::format("node {} left", name)});
  } else if (was_gone) {
    out.push_back(
        Notice{fmt::format("node {} joined from {}/{}", name, m.node.cloud, m.node.zone)});
    if (membership_.find(name)->far) return;
    report_.soon();  // so that the newcomer knows this node at once
    digests_.soon();
  }
}

void Agent::handle(const Beat& m, TimePoint now, Effects& out) {
  if (m.node == known_.self()) return;
  const Member* known = membership_.find(m.node);
  const bool was_gone = known != nullptr && known->state == MemberState::kDead;
  if (membership_.on_beat(m, now)) {
    if (was_gone) out.push_back(Notice{fmt::format("node {} is back", m.node)});
    return;
  }
  // Of a node or a life that this node has heard nothing of yet: it is asked for its content.
  if (known != nullptr && m.incarnation <= known->last.incarnation) return;
  prober_.fetch(m.node, now, out);
}

void Agent::handle(const Change& m, TimePoint now, Effects& out) {
  if (m.node == known_.self()) return;
  const Member* known = membership_.find(m.node);
  const bool was_dead = known != nullptr && known->state == MemberState::kDead;
  if (!membership_.on_change(m, now)) {
    if (known == nullptr || m.incarnation > known->last.incarnation)
      prober_.fetch(m.node, now, out);
    return;
  }
  if (was_dead && known->state == MemberState::kAlive)
    out.push_back(Notice{fmt::format("node {} is back", m.node)});
  hear_epochs(m.owned);
}

void Agent::handle(const Probe& m, TimePoint now, Effects& out) {
  if (m.target != known_.self()) return prober_.pass_on(m, now, out);
  if (m.suspected) {
    membership_.detector().slow(now);
    report_.soon();
  }
  ProbeAnswer answer{m.from,   m.target, m.via, known_.self(),
                     m.number, false,    {},    report_.answer(now)};
  out.push_back(Send{m.via.empty() ? m.from : m.via, std::move(answer)});
}

void Agent::handle(const ProbeAnswer& m, TimePoint now, Effects& out) {
  const std::string& self = known_.self();
  if (m.from != self) {
    if (m.via == self && m.by == m.target) out.push_back(Send{m.from, m});
    return;
  }
  if (m.by != m.target) prober_.on_relayed_answer(m);
  if (m.last && m.last->node.name == m.target && m.target != self)
    hear(*m.last, now - m.heard, now, out);
}

void Agent::handle(const RosterRequest& m, TimePoint now, Effects& out) {
  if (membership_.divided()) out.push_back(Send{m.from, digests_.digest(report_.content(), now)});
}

void Agent::handle(const Digest& m, TimePoint now, Effects& out) {
  if (m.from == known_.self()) return;
  const auto reaction = cells_.on_digest(m, now, out);
  if (reaction.beat) report_.soon();
  if (reaction.correct) digests_.soon();
}

void Agent::handle(const TrafficReport& m, TimePoint now, Effects& out) {
  demands_.on_report(m, now, out);
}

void Agent::handle(const HandoverRequest& m, TimePoint, Effects& out) {
  handovers_.on_request(m, out);
}

void Agent::handle(const Handover& m, TimePoint now, Effects& out) {
  handovers_.on_handover(m, now, out);
}

}  // namespace starling
