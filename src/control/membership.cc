#include "control/membership.h"

#include <algorithm>
#include <tuple>

namespace starling {
namespace {

bool takes_part(MemberState state) {
  return state == MemberState::kAlive || state == MemberState::kSuspect;
}

/// Whether the index and the routes made of `before` hold for `after` too: nearly every heartbeat
/// only repeats the last one, with another figure for the CPU in use.
bool same_replicas(const std::vector<ReplicaStatus>& before,
                   const std::vector<ReplicaStatus>& after) {
  const auto key = [](const ReplicaStatus& r) {
    return std::tie(r.id, r.model, r.state, r.address, r.concurrency);
  };
  return std::equal(before.begin(), before.end(), after.begin(), after.end(),
                    [&](const auto& a, const auto& b) { return key(a) == key(b); });
}

}  // namespace

const char* name_of(MemberState state) {
  switch (state) {
    case MemberState::kAlive:
      return "alive";
    case MemberState::kSuspect:
      return "suspect";
    case MemberState::kDead:
      return "dead";
    case MemberState::kLeft:
      return "left";
  }
  return "?";
}

bool Membership::on_heartbeat(const Heartbeat& heartbeat, TimePoint now) {
  auto [entry, added] = members_.try_emplace(heartbeat.node.name);
  Member& member = entry->second;
  const auto age = [](const Heartbeat& h) { return std::pair(h.incarnation, h.sequence); };
  const bool gone = member.state == MemberState::kDead || member.state == MemberState::kLeft;
  // A node that comes back with an earlier clock has an earlier incarnation; it is back all the
  // same.
  const bool reborn = gone && heartbeat.incarnation != member.last.incarnation;
  if (!added && !reborn && age(heartbeat) <= age(member.last)) return false;
  const MemberState state = heartbeat.leaving ? MemberState::kLeft : MemberState::kAlive;
  const bool changed = added || takes_part(member.state) != takes_part(state) ||
                       member.last.without_specs != heartbeat.without_specs ||
                       member.last.scheduling != heartbeat.scheduling ||
                       member.last.bounded_ownership != heartbeat.bounded_ownership ||
                       !same_replicas(member.last.replicas, heartbeat.replicas);
  member.last = heartbeat;
  member.heard = now;
  member.state = state;
  if (changed) reindex();
  return true;
}

std::vector<std::string> Membership::on_tick(TimePoint now) {
  std::erase_if(members_, [&](const auto& entry) {
    const Member& member = entry.second;
    return !takes_part(member.state) && now - member.heard >= options_.forget_after;
  });
  std::vector<std::string> changed;
  for (auto& [name, member] : members_) {
    if (member.state == MemberState::kLeft) continue;
    const Duration silence = now - member.heard;
    const MemberState state =
        silence >= options_.dead_after_missed * options_.heartbeat      ? MemberState::kDead
        : silence >= options_.suspect_after_missed * options_.heartbeat ? MemberState::kSuspect
                                                                        : MemberState::kAlive;
    if (state != member.state) changed.push_back(name);
    member.state = state;
  }
  if (!changed.empty()) reindex();
  return changed;
}

void Membership::forgive(TimePoint now) {
  for (auto& [name, member] : members_) {
    if (takes_part(member.state)) member.heard = now;
  }
}

const Member* Membership::find(const std::string& node) const {
  const auto found = members_.find(node);
  return found == members_.end() ? nullptr : &found->second;
}

bool Membership::schedulable(const std::string& node) const {
  const Member* member = find(node);
  return member != nullptr && member->last.scheduling == Scheduling::kOpen;
}

bool Membership::draining(const std::string& node) const {
  const Member* member = find(node);
  return member != nullptr && member->last.scheduling == Scheduling::kDraining;
}

std::map<std::string, NodeInfo> Membership::nodes() const {
  std::map<std::string, NodeInfo> nodes;
  for (const auto& [name, member] : members_) nodes[name] = member.last.node;
  return nodes;
}

std::vector<const ReplicaStatus*> Membership::replicas() const {
  std::vector<const ReplicaStatus*> all;
  for (const auto& [name, member] : members_) {
    if (!takes_part(member.state)) continue;
    for (const auto& replica : member.last.replicas) all.push_back(&replica);
  }
  return all;
}

std::vector<const ReplicaStatus*> Membership::replicas_of(const std::string& model) const {
  std::vector<const ReplicaStatus*> found;
  const auto places = by_model_.find(model);
  if (places == by_model_.end()) return found;
  found.reserve(places->second.size());
  for (const Place& place : places->second)
    found.push_back(&place.member->last.replicas[place.index]);
  return found;
}

void Membership::reindex() {
  ++version_;
  live_.clear();
  deciding_.clear();
  by_model_.clear();
  bounded_ownership_ = true;
  std::vector<std::string> draining;  // those that know the specs
  for (const auto& [name, member] : members_) {
    if (!takes_part(member.state)) continue;
    live_.push_back(name);
    bounded_ownership_ = bounded_ownership_ && member.last.bounded_ownership;
    if (!member.last.without_specs) {
      const bool leaving = member.last.scheduling == Scheduling::kDraining;
      (leaving ? draining : deciding_).push_back(name);
    }
    const auto& replicas = member.last.replicas;
    for (std::size_t i = 0; i < replicas.size(); ++i)
      by_model_[replicas[i].model].push_back({&member, i});
  }
  if (deciding_.empty()) deciding_ = std::move(draining);
  if (deciding_.empty()) deciding_ = live_;
}

}  // namespace starling
