#include "control/membership.h"

#include <algorithm>
#include <tuple>

#include "control/cells.h"
#include "control/change.h"
#include "control/digest.h"
#include "control/ownership.h"

namespace starling {
namespace {

constexpr Duration kShown = 10s;

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
  const std::uint64_t content = heartbeat.content != 0 ? heartbeat.content : heartbeat.sequence;
  const bool living = other_life || heartbeat.sequence > member.last.sequence;
  // A beat may have overtaken the heartbeat that it refers to.
  const bool news = other_life || content > member.content;
  if (!living && (!news || gone)) return false;
  const MemberState state = heartbeat.leaving ? MemberState::kLeft
                            : living          ? MemberState::kAlive
                                              : member.state;
  const bool was_part = !added && !gone, is_part = takes_part(state);
  const bool left_now = heartbeat.leaving && member.state != MemberState::kLeft;
  const bool names_changed = was_part != is_part ||
                             member.last.without_specs != heartbeat.without_specs ||
                             member.last.scheduling != heartbeat.scheduling ||
                             member.last.understands != heartbeat.understands;
  const bool changed = names_changed || !same_replicas(member.last.replicas, heartbeat.replicas);
  const std::uint64_t sequence = living ? heartbeat.sequence : member.last.sequence;
  if (changed && was_part) unlist(member);
  if (!added) note(member, true);
  member.last = heartbeat;
  member.last.sequence = sequence;
  // Sequences of another life say nothing of this one's.
  if (other_life) member.content = member.content_before = content;
  set_content(member, content, heard);
  member.content_missed = false;
  if (other_life) {
    member.path = cell_path(heartbeat.node);
    member.far = !in_cell(member.path, cell_);
    names_stale_ = true;
  }
  if (living) {
    if (other_life) {
      detector_.forget(name);
      detector_.set_far(name, member.far, heard);
      member.heard = {};
    }
    alive(member, heard, direct);
  }
  member.state = state;
  if (changed && is_part) list(member);
  // One that was dead and takes its leave is no longer minded, see understood_by_all().
  if (names_changed || left_now) names_stale_ = true;
  if (changed) ++version_;
  note(member, true);
  return true;
}

void Membership::alive(Member& member, TimePoint heard, bool direct) {
  const std::string& name = member.last.node.name;
  member.heard = std::max(member.heard, heard);
  const bool lives =
      direct && !member.far ? detector_.heard(name, heard) : detector_.vouched(name, heard);
  if (lives) member.denied = false;
}

void Membership::set_content(Member& member, std::uint64_t content, TimePoint now) {
  if (member.content == content) return;
  member.content_before = member.content;
  member.content_at = now;
  member.content = content;
}

/// Of one that takes part before or after.
void Membership::set_state(Member& member, MemberState state) {
  const bool was_part = takes_part(member.state), is_part = takes_part(state);
  if (state == member.state) return;
  note(member, was_part != is_part);
  if (was_part && !is_part) unlist(member);
  member.state = state;
  if (!was_part && is_part) list(member);
  names_stale_ = names_stale_ || !was_part || !is_part;
  if (was_part == is_part) return;
  ++version_;
}

bool Membership::on_beat(const Beat& beat, TimePoint now) {
  const auto found = members_.find(beat.node);
  if (found == members_.end()) return false;
  Member& member = found->second;
  const bool same_life = beat.incarnation == member.last.incarnation;
  if (!same_life || beat.sequence <= member.last.sequence || member.state == MemberState::kLeft)
    return false;
  member.last.sequence = beat.sequence;
  member.content_missed = beat.content > member.content;
  note(member, false);
  alive(member, now, true);
  set_state(member, MemberState::kAlive);
  return true;
}

bool Membership::on_change(const Change& change, TimePoint now) {
  const auto found = members_.find(change.node);
  if (found == members_.end()) return false;
  Member& member = found->second;
  Heartbeat& last = member.last;
  if (change.incarnation != last.incarnation || member.state == MemberState::kLeft) return false;
  if (change.sequence > last.sequence) {
    last.sequence = change.sequence;
    alive(member, now, true);
    set_state(member, MemberState::kAlive);
  }
  if (change.sequence <= member.content || !takes_part(member.state)) return true;
  if (change.since > member.content) {
    member.content_missed = true;
    return true;
  }
  names_stale_ = names_stale_ || last.without_specs != change.without_specs ||
                 last.scheduling != change.scheduling;
  note(member, true);
  unlist(member);
  take_in(change, last);
  list(member);
  note(member, true);
  set_content(member, change.sequence, now);
  member.content_missed = false;
  ++version_;
  return true;
}

bool Membership::on_digest(const RosterName& who, const NodeDigest& told, const std::string& by,
                           TimePoint now) {
  const auto found = members_.find(who.node);
  const bool lives = told.state == MemberState::kAlive || told.state == MemberState::kSuspect;
  if (found == members_.end()) return !lives;
  Member& member = found->second;
  if (who.incarnation != member.last.incarnation)
    return !lives || (takes_part(member.state) && who.incarnation < member.last.incarnation);
  if (!member.far) return true;
  if (told.state == MemberState::kLeft) {
    set_state(member, MemberState::kLeft);
  } else if (told.state == MemberState::kDead) {
    if (!takes_part(member.state)) return true;
    detector_.told_dead(who.node, by, now);
    member.denied = true;
  } else if (told.state == MemberState::kAlive && member.state != MemberState::kLeft) {
    const TimePoint heard = now - told.heard;
    if (heard > member.heard) {
      // Accounts of the fleet need no more than about when it was.
      if (heard.time_since_epoch() / kShown != member.heard.time_since_epoch() / kShown)
        note(member, false);
      member.heard = heard;
      if (detector_.vouched(who.node, heard)) {
        member.denied = false;
        set_state(member, MemberState::kAlive);
      }
    }
    if (newer_content(told.content, content_bits(member.content))) member.content_missed = true;
  }
  return true;
}

void Membership::set_cell(const std::string& cell, const std::string& self, TimePoint now) {
  cell_ = cell;
  names_stale_ = true;
  for (auto& [name, member] : members_) {
    member.far = name != self && !in_cell(member.path, cell_);
    member.denied = false;
    detector_.set_far(name, member.far, now);
  }
}

void Membership::deny_cell(const std::string& cell, TimePoint now) {
  for (auto& [name, member] : members_) {
    if (!member.far || !takes_part(member.state) || !in_cell(member.path, cell)) continue;
    detector_.told_dead(name, cell, now);
    member.denied = true;
  }
}

std::vector<std::string> Membership::on_tick(TimePoint now, const std::string& self) {
  if (now - forgotten_at_ >= options_.detector.heartbeat) {
    forgotten_at_ = now;
    const auto forgotten = std::erase_if(members_, [&](const auto& entry) {
      const Member& member = entry.second;
      const bool forget = !takes_part(member.state) && now - member.heard >= options_.forget_after;
      if (forget) {
        detector_.forget(entry.first);
        changes_.members.insert(entry.first);
      }
      return forget;
    });
    names_stale_ = names_stale_ || forgotten > 0;
  }
  // This node and the silent one are no witnesses.
  const bool asks = options_.detector.relays > 0;
  detector_.set_witnesses(asks ? static_cast<int>(near().size()) - 2 : 0);
  detector_.fade(now);
  std::vector<std::string> changed;
  for (auto& [name, member] : members_) {
    if (member.state == MemberState::kLeft || name == self) continue;
    const bool calm = member.far && member.state == MemberState::kAlive && !member.denied &&
                      now - member.heard < detector_.far_silence();
    if (calm || (member.far && member.state == MemberState::kDead)) continue;
    const MemberState state = detector_.judge(name, now);
    if (state == member.state) continue;
    changed.push_back(name);
    if (state == MemberState::kDead) ++member.deaths;
    set_state(member, state);
  }
  return changed;
}

void Membership::forgive(TimePoint now) {
  for (auto& [name, member] : members_) {
    if (!takes_part(member.state)) continue;
    member.heard = now;
    member.denied = false;
    set_state(member, MemberState::kAlive);
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

void Membership::note(const Member& member, bool content) {
  changes_.members.insert(member.last.node.name);
  if (!content) return;
  for (const auto& replica : member.last.replicas) changes_.models.insert(replica.model);
  for (const auto& summary : member.last.owned) changes_.models.insert(summary.model);
}

const Membership::Names& Membership::names() const {
  if (names_stale_) names_ = list_names();
  names_stale_ = false;
  return names_;
}

Membership::Names Membership::list_names() const {
  Names names;
  std::vector<std::string> draining;  // those that know the specs
  for (const auto& [name, member] : members_) {
    if (member.state != MemberState::kLeft)
      names.understood_by_all = std::min(names.understood_by_all, member.last.understands);
    if (!takes_part(member.state)) continue;
    names.live.push_back(name);
    ++names.by_cloud[member.last.node.cloud];
    names.understood = std::min(names.understood, member.last.understands);
    if (!member.last.without_specs) {
      const bool leaving = member.last.scheduling == Scheduling::kDraining;
      (leaving ? draining : names.deciding).push_back(name);
    }
    if (member.last.understands == 0) continue;
    names.askable.push_back(name);
    if (!member.far) names.near.push_back(name);
  }
  auto& deciding = names.deciding;
  // An agent of the version before decides by all of them, and all must go by the same.
  if (names.understood == 0) {
    deciding.insert(deciding.end(), draining.begin(), draining.end());
    std::sort(deciding.begin(), deciding.end());
  }
  if (deciding.empty()) deciding = std::move(draining);
  if (deciding.empty()) deciding = names.live;
  return names;
}

std::vector<std::string> Membership::some_live(const std::string& key, std::size_t count) const {
  const auto& live = names().live;
  if (live.size() <= count) return live;
  // A step that no size shares a factor with takes none twice.
  constexpr std::size_t kStep = 1'000'003;
  const std::size_t from = stable_hash(key) % live.size();
  std::vector<std::string> some;
  some.reserve(count);
  for (std::size_t i = 0; i < count; ++i) some.push_back(live[(from + i * kStep) % live.size()]);
  return some;
}

std::size_t Membership::live_in(const std::string& cloud) const {
  const auto found = names().by_cloud.find(cloud);
  return found == names().by_cloud.end() ? 0 : found->second;
}

}  // namespace starling
