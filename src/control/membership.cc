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

bool Membership::on_heartbeat(const Heartbeat& heartbeat, TimePoint now) {
  return take(heartbeat, now, true);
}

bool Membership::on_relayed(const Heartbeat& heartbeat, TimePoint heard, TimePoint now) {
  const Member* known = find(heartbeat.node.name);
  const bool gone = known == nullptr || !takes_part(known->state);
  // Nobody is brought back to life by old news.
  if (gone && now - heard >= options_.detector.probe_min) return false;
  return take(heartbeat, heard, false);
}

bool Membership::take(const Heartbeat& heartbeat, TimePoint heard, bool direct) {
  const std::string& name = heartbeat.node.name;
  auto [entry, added] = members_.try_emplace(name);
  Member& member = entry->second;
  const bool gone = !takes_part(member.state);
  // A node that comes back with an earlier clock has an earlier incarnation; it is back all the
  // same.
  const bool reborn = gone && heartbeat.incarnation != member.last.incarnation;
  const bool other_life = added || reborn || heartbeat.incarnation > member.last.incarnation;
  if (!other_life && heartbeat.incarnation < member.last.incarnation) return false;
  const bool alive = other_life || heartbeat.sequence > member.last.sequence;
  // A beat may have overtaken the heartbeat that it refers to.
  const bool news = other_life || heartbeat.sequence > member.content;
  if (!alive && (!news || gone)) return false;
  const MemberState state = heartbeat.leaving ? MemberState::kLeft
                            : alive           ? MemberState::kAlive
                                              : member.state;
  const bool was_part = !added && !gone, is_part = takes_part(state);
  const bool names_changed = was_part != is_part ||
                             member.last.without_specs != heartbeat.without_specs ||
                             member.last.scheduling != heartbeat.scheduling ||
                             member.last.understands != heartbeat.understands;
  const bool changed = names_changed || !same_replicas(member.last.replicas, heartbeat.replicas);
  const std::uint64_t sequence = alive ? heartbeat.sequence : member.last.sequence;
  if (changed && was_part) unlist(member);
  member.last = heartbeat;
  member.last.sequence = sequence;
  member.content = heartbeat.sequence;
  member.content_missed = false;
  if (alive) {
    if (other_life) detector_.forget(name);
    member.heard = other_life ? heard : std::max(member.heard, heard);
    direct ? detector_.heard(name, heard) : detector_.vouched(name, heard);
  }
  member.state = state;
  if (changed && is_part) list(member);
  if (names_changed) relist_names();
  if (changed) ++version_;
  return true;
}

bool Membership::on_beat(const Beat& beat, TimePoint now) {
  const auto found = members_.find(beat.node);
  if (found == members_.end()) return false;
  Member& member = found->second;
  const bool same_life = beat.incarnation == member.last.incarnation;
  if (!same_life || beat.sequence <= member.last.sequence || member.state == MemberState::kLeft)
    return false;
  member.last.sequence = beat.sequence;
  member.heard = now;
  member.content_missed = beat.content > member.content;
  detector_.heard(beat.node, now);
  const bool back = !takes_part(member.state);
  member.state = MemberState::kAlive;
  if (back) reindex();
  return true;
}

std::vector<std::string> Membership::on_tick(TimePoint now, const std::string& self) {
  std::erase_if(members_, [&](const auto& entry) {
    const Member& member = entry.second;
    const bool forgotten = !takes_part(member.state) && now - member.heard >= options_.forget_after;
    if (forgotten) detector_.forget(entry.first);
    return forgotten;
  });
  // This node and the silent one are no witnesses.
  const bool asks = options_.detector.relays > 0;
  detector_.set_witnesses(asks ? static_cast<int>(askable_.size()) - 2 : 0);
  detector_.fade(now);
  std::vector<std::string> changed;
  for (auto& [name, member] : members_) {
    if (member.state == MemberState::kLeft || name == self) continue;
    const MemberState state = detector_.judge(name, now);
    if (state != member.state) changed.push_back(name);
    if (state == MemberState::kDead && member.state != state) ++member.deaths;
    member.state = state;
  }
  if (!changed.empty()) reindex();
  return changed;
}

void Membership::forgive(TimePoint now) {
  for (auto& [name, member] : members_) {
    if (!takes_part(member.state)) continue;
    member.heard = now;
    member.state = MemberState::kAlive;
    detector_.forgive(name, now);
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

void Membership::unlist(const Member& member) {
  for (const auto& replica : member.last.replicas) {
    const auto places = by_model_.find(replica.model);
    if (places == by_model_.end()) continue;
    std::erase_if(places->second, [&](const Place& place) { return place.member == &member; });
    if (places->second.empty()) by_model_.erase(places);
  }
}

/// By node, and on each in the order that it tells.
void Membership::list(const Member& member) {
  const auto& replicas = member.last.replicas;
  const std::string& name = member.last.node.name;
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    auto& places = by_model_[replicas[i].model];
    const auto after = std::upper_bound(
        places.begin(), places.end(), name,
        [](const std::string& n, const Place& place) { return n < place.member->last.node.name; });
    places.insert(after, {&member, i});
  }
}

void Membership::relist_names() {
  live_.clear();
  deciding_.clear();
  askable_.clear();
  bounded_ownership_ = true;
  std::vector<std::string> draining;  // those that know the specs
  for (const auto& [name, member] : members_) {
    if (!takes_part(member.state)) continue;
    live_.push_back(name);
    bounded_ownership_ = bounded_ownership_ && member.last.understands > 0;
    if (!member.last.without_specs) {
      const bool leaving = member.last.scheduling == Scheduling::kDraining;
      (leaving ? draining : deciding_).push_back(name);
    }
    if (member.last.understands > 0) askable_.push_back(name);
  }
  // An agent of the version before decides by all of them, and all must go by the same.
  if (!bounded_ownership_) {
    deciding_.insert(deciding_.end(), draining.begin(), draining.end());
    std::sort(deciding_.begin(), deciding_.end());
  }
  if (deciding_.empty()) deciding_ = std::move(draining);
  if (deciding_.empty()) deciding_ = live_;
}

void Membership::reindex() {
  ++version_;
  relist_names();
  by_model_.clear();
  for (const auto& [name, member] : members_) {
    if (takes_part(member.state)) list(member);
  }
}

}  // namespace starling
