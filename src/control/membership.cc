#include "control/membership.h"

#include <algorithm>

namespace starling {

const char* name_of(MemberState state) {
  switch (state) {
    case MemberState::kAlive: return "alive";
    case MemberState::kSuspect: return "suspect";
    case MemberState::kDead: return "dead";
    case MemberState::kLeft: return "left";
  }
  return "?";
}

bool Membership::on_heartbeat(const Heartbeat& heartbeat, TimePoint now) {
  auto [entry, added] = members_.try_emplace(heartbeat.node.name);
  Member& member = entry->second;
  const auto age = [](const Heartbeat& h) { return std::pair(h.incarnation, h.sequence); };
  if (!added && age(heartbeat) <= age(member.last)) return false;
  member.last = heartbeat;
  member.heard = now;
  member.state = heartbeat.leaving ? MemberState::kLeft : MemberState::kAlive;
  return true;
}

std::vector<std::string> Membership::on_tick(TimePoint now) {
  std::vector<std::string> changed;
  for (auto& [name, member] : members_) {
    if (member.state == MemberState::kLeft) continue;
    const Duration silence = now - member.heard;
    const MemberState state = silence >= options_.dead_after_missed * options_.heartbeat ? MemberState::kDead
                              : silence >= options_.suspect_after_missed * options_.heartbeat
                                  ? MemberState::kSuspect
                                  : MemberState::kAlive;
    if (state != member.state) changed.push_back(name);
    member.state = state;
  }
  return changed;
}

void Membership::forgive(TimePoint now) {
  for (auto& [name, member] : members_) {
    if (member.state == MemberState::kAlive || member.state == MemberState::kSuspect) member.heard = now;
  }
}

const Member* Membership::find(const std::string& node) const {
  const auto found = members_.find(node);
  return found == members_.end() ? nullptr : &found->second;
}

std::vector<std::string> Membership::live() const {
  std::vector<std::string> names;
  for (const auto& [name, member] : members_) {
    if (member.state == MemberState::kAlive || member.state == MemberState::kSuspect) names.push_back(name);
  }
  return names;
}

std::vector<const ReplicaStatus*> Membership::replicas() const {
  std::vector<const ReplicaStatus*> all;
  for (const auto& [name, member] : members_) {
    if (member.state != MemberState::kAlive && member.state != MemberState::kSuspect) continue;
    for (const auto& replica : member.last.replicas) all.push_back(&replica);
  }
  return all;
}

}  // namespace starling
