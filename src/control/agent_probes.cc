// How an agent asks about the silent, and answers for itself and others.
#include <algorithm>

#include "control/agent.h"
#include "control/ownership.h"

namespace starling {
namespace {

constexpr Duration kAnswerWithin = 1s;  // of those who are asked to pass a probe on
/// Where more are silent, or unknown, at once it is more than a lost message, and asking must not
/// become a storm.
constexpr int kRoundsATick = 20;

}  // namespace

/// Others than this node and the target, different ones from probe to probe, so that no few links
/// decide.
std::vector<std::string> Agent::relays_for(const std::string& target) const {
  // Those that hear the target themselves.
  const auto& askable = membership_.near();
  const auto wanted = static_cast<std::size_t>(options_.membership.detector.relays);
  std::vector<std::string> relays;
  if (askable.empty()) return relays;
  const auto from = stable_hash(fmt::format("{}\n{}\n{}", ledger_.node().name, target, probes_));
  for (std::size_t i = 0; i < askable.size() && relays.size() < wanted; ++i) {
    const std::string& name = askable[(from + i) % askable.size()];
    if (name == target || name == ledger_.node().name) continue;
    if (membership_.find(name)->state == MemberState::kAlive) relays.push_back(name);
  }
  return relays;
}

void Agent::ask(const Member& about, bool relays, TimePoint now, Effects& out) {
  const std::string& target = about.last.node.name;
  Probe probe{ledger_.node().name,
              target,
              "",
              ++probes_,
              about.last.incarnation,
              about.last.sequence,
              about.state == MemberState::kSuspect};
  if (about.last.understands > 0) out.push_back(Send{target, probe});
  if (!relays) return;
  const auto through = relays_for(target);
  if (!through.empty()) probe_rounds_.push_back({probe.number, now, false});
  for (const auto& relay : through) {
    probe.via = relay;
    out.push_back(Send{relay, probe});
  }
}

void Agent::probe(TimePoint now, Effects& out) {
  FailureDetector& detector = membership_.detector();
  while (!probe_rounds_.empty() && now - probe_rounds_.front().sent >= kAnswerWithin) {
    // Where not even the relays answered, it is this node that is not heard or does not hear.
    probe_rounds_.front().answered ? detector.prompt() : detector.slow(now);
    probe_rounds_.pop_front();
  }
  std::erase_if(fetched_, [&](const auto& entry) {
    return now - entry.second >= options_.membership.detector.heartbeat;
  });
  const auto& members = membership_.members();
  auto next = members.upper_bound(probed_to_);
  int rounds = 0;
  for (std::size_t i = 0; i < members.size() && rounds < kRoundsATick; ++i, ++next) {
    if (next == members.end()) next = members.begin();
    const auto& [name, member] = *next;
    if (member.state == MemberState::kLeft || name == ledger_.node().name) continue;
    if (member.far && !member.content_missed) continue;
    if (detector.probe_due(name, now)) {
      ask(member, true, now, out);
      ++rounds;
    } else if (member.content_missed && member.state == MemberState::kAlive) {
      if (!fetched_.emplace(name, now).second) continue;
      ask(member, false, now, out);
      ++rounds;
    }
    if (rounds == kRoundsATick) probed_to_ = name;
  }
}

void Agent::handle(const Beat& m, TimePoint now, Effects& out) {
  if (m.node == ledger_.node().name) return;
  const Member* known = membership_.find(m.node);
  const bool was_gone = known != nullptr && known->state == MemberState::kDead;
  if (membership_.on_beat(m, now)) {
    if (was_gone) out.push_back(Notice{fmt::format("node {} is back", m.node)});
    return;
  }
  // Of a node or a life that this node has heard nothing of yet: it is asked for its content.
  if (known != nullptr && m.incarnation <= known->last.incarnation) return;
  fetch(m.node, now, out);
}

/// Asks a node for all that it has to tell.
void Agent::fetch(const std::string& node, TimePoint now, Effects& out) {
  if (fetches_ >= kRoundsATick || !fetched_.emplace(node, now).second) return;
  ++fetches_;
  out.push_back(Send{node, Probe{ledger_.node().name, node, "", ++probes_, 0, 0, false}});
}

void Agent::handle(const Probe& m, TimePoint now, Effects& out) {
  const std::string& self = ledger_.node().name;
  ProbeAnswer answer{m.from, m.target, m.via, self, m.number, false, {}, std::nullopt};
  if (m.target == self) {
    if (m.suspected) {
      membership_.detector().slow(now);
      beat_soon_ = true;
    }
    answer.last = answer_for_self(now);
    out.push_back(Send{m.via.empty() ? m.from : m.via, std::move(answer)});
    return;
  }
  const Member* target = membership_.find(m.target);
  if (m.via != self || target == nullptr) return;
  if (target->last.understands > 0) out.push_back(Send{m.target, m});
  answer.misses = target->state != MemberState::kAlive;
  answer.heard = now - target->heard;
  const bool newer = std::pair(target->last.incarnation, target->last.sequence) >
                     std::pair(m.incarnation, m.sequence);
  if (newer && !answer.misses && !target->content_missed) {
    answer.last = target->last;
    if (divided()) answer.last->content = target->content;
  }
  out.push_back(Send{m.from, std::move(answer)});
}

void Agent::handle(const ProbeAnswer& m, TimePoint now, Effects& out) {
  const std::string& self = ledger_.node().name;
  if (m.from != self) {
    if (m.via == self && m.by == m.target) out.push_back(Send{m.from, m});
    return;
  }
  if (m.by != m.target) {
    const auto round = std::find_if(probe_rounds_.begin(), probe_rounds_.end(),
                                    [&](const ProbeRound& r) { return r.number == m.number; });
    if (round != probe_rounds_.end()) {
      round->answered = true;
      if (m.misses) membership_.detector().accused(m.target, m.by);
    }
  }
  if (m.last && m.last->node.name == m.target && m.target != self)
    hear(*m.last, now - m.heard, now, out);
}

}  // namespace starling
