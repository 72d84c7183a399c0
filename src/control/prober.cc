#include "control/prober.h"

#include <algorithm>

#include "control/ownership.h"

namespace starling {
namespace {

constexpr Duration kAnswerWithin = 1s;  // of those who are asked to pass a probe on
/// Where more are silent, or unknown, at once it is more than a lost message, and asking must not
/// become a storm.
constexpr int kRoundsATick = 20;

}  // namespace

/// Others than this node and the target that hear the target themselves, different ones from probe
/// to probe, so that no few links decide.
std::vector<std::string> Prober::relays_for(const std::string& target) const {
  const auto& near = members_.near();
  const auto wanted = static_cast<std::size_t>(options_.relays);
  std::vector<std::string> relays;
  if (near.empty()) return relays;
  const auto from = stable_hash(fmt::format("{}\n{}\n{}", self_, target, probes_));
  for (std::size_t i = 0; i < near.size() && relays.size() < wanted; ++i) {
    const std::string& name = near[(from + i) % near.size()];
    if (name == target || name == self_) continue;
    if (members_.find(name)->state == MemberState::kAlive) relays.push_back(name);
  }
  return relays;
}

void Prober::ask(const Member& about, bool relays, TimePoint now, Effects& out) {
  const std::string& target = about.last.node.name;
  Probe probe{self_,
              target,
              "",
              next_number(),
              about.last.incarnation,
              about.last.sequence,
              about.state == MemberState::kSuspect};
  if (about.last.understands > 0) out.push_back(Send{target, probe});
  if (!relays) return;
  const auto through = relays_for(target);
  if (!through.empty()) rounds_.push_back({probe.number, now, false});
  for (const auto& relay : through) {
    probe.via = relay;
    out.push_back(Send{relay, probe});
  }
}

/// Where not even the relays answered, it is this node that is not heard or does not hear.
void Prober::end_rounds(TimePoint now) {
  FailureDetector& detector = members_.detector();
  while (!rounds_.empty() && now - rounds_.front().sent >= kAnswerWithin) {
    rounds_.front().answered ? detector.prompt() : detector.slow(now);
    rounds_.pop_front();
  }
}

void Prober::on_tick(TimePoint now, Effects& out) {
  end_rounds(now);
  fetches_ = 0;
  std::erase_if(fetched_,
                [&](const auto& entry) { return now - entry.second >= options_.heartbeat; });
  const auto& members = members_.members();
  auto next = members.upper_bound(asked_to_);
  int rounds = 0;
  for (std::size_t i = 0; i < members.size() && rounds < kRoundsATick; ++i, ++next) {
    if (next == members.end()) next = members.begin();
    const auto& [name, member] = *next;
    if (member.state == MemberState::kLeft || name == self_) continue;
    if (member.far && !member.content_missed) continue;
    if (members_.detector().probe_due(name, now)) {
      ask(member, true, now, out);
      ++rounds;
    } else if (member.content_missed && member.state == MemberState::kAlive) {
      if (!fetched_.emplace(name, now).second) continue;
      ask(member, false, now, out);
      ++rounds;
    }
    if (rounds == kRoundsATick) asked_to_ = name;
  }
}

void Prober::fetch(const std::string& node, TimePoint now, Effects& out) {
  if (fetches_ >= kRoundsATick || !fetched_.emplace(node, now).second) return;
  ++fetches_;
  out.push_back(Send{node, Probe{self_, node, "", next_number(), 0, 0, false}});
}

void Prober::pass_on(const Probe& probe, TimePoint now, Effects& out) const {
  const Member* target = members_.find(probe.target);
  if (probe.via != self_ || target == nullptr) return;
  if (target->last.understands > 0) out.push_back(Send{probe.target, probe});
  ProbeAnswer answer{probe.from,   probe.target, probe.via, self_,
                     probe.number, false,        {},        std::nullopt};
  answer.misses = target->state != MemberState::kAlive;
  answer.heard = now - target->heard;
  const bool newer = std::pair(target->last.incarnation, target->last.sequence) >
                     std::pair(probe.incarnation, probe.sequence);
  if (newer && !answer.misses && !target->content_missed) {
    answer.last = target->last;
    if (members_.divided()) answer.last->content = target->content;
  }
  out.push_back(Send{probe.from, std::move(answer)});
}

void Prober::on_relayed_answer(const ProbeAnswer& answer) {
  const auto round = std::find_if(rounds_.begin(), rounds_.end(),
                                  [&](const Round& r) { return r.number == answer.number; });
  if (round == rounds_.end()) return;
  round->answered = true;
  if (answer.misses) members_.detector().accused(answer.target, answer.by);
}

}  // namespace starling
