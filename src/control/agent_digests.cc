// An agent as a relay of its cell, and what it makes of the digests of others.
#include <algorithm>

#include "control/agent.h"
#include "control/cells.h"
#include "control/ownership.h"

namespace starling {
namespace {

constexpr Duration kSoon = 300ms;         // between digests that cannot wait
constexpr Duration kDeadNamed = 60s;      // for so long digests say that a node is dead or left
constexpr Duration kContentSettles = 1s;  // what is newer may be on its way to others, too
// The names of a roster go with its first digests and now and then, for those who missed them.
constexpr int kNamesRepeated = 2;
constexpr int kNamesEvery = 8;
constexpr int kMissedAfter = 2;  // periods
constexpr int kAskedATick = 20;  // cells

}  // namespace

/// In turn with the cell's other relays, or at once when somebody of the cell came or went.
void Agent::tell_digest(TimePoint now, Effects& out) {
  const std::string& self = ledger_.node().name;
  const auto& near = membership_.near();
  if (near != relayed_of_) {
    const bool was = std::find(relayed_by_.begin(), relayed_by_.end(), self) != relayed_by_.end();
    relayed_of_ = near;
    relayed_by_ = relays_of(cell_, near);
    const bool is = std::find(relayed_by_.begin(), relayed_by_.end(), self) != relayed_by_.end();
    digest_soon_ = digest_soon_ || (is && !was);
  }
  const auto mine = std::find(relayed_by_.begin(), relayed_by_.end(), self);
  if (mine == relayed_by_.end()) {
    digest_soon_ = false;
    return;
  }
  const Duration period = digest_period(membership_.live().size());
  const std::size_t turn = digest_turn(cell_, period, now);
  const bool due = turn != turn_ && turn % relayed_by_.size() ==
                                        static_cast<std::size_t>(mine - relayed_by_.begin());
  if (!due && !(digest_soon_ && now - digest_at_ >= kSoon)) return;
  turn_ = turn;
  digest_at_ = now;
  digest_soon_ = false;
  Digest told = digest(now);
  if (told.roster != roster_told_) digests_with_names_ = kNamesRepeated;
  roster_told_ = told.roster;
  const bool names = digests_with_names_ > 0 || ++digests_ % kNamesEvery == 0;
  digests_with_names_ = std::max(0, digests_with_names_ - 1);
  if (!names) told.names.clear();
  out.push_back(Broadcast{std::move(told)});
}

/// With all names.
Digest Agent::digest(TimePoint now) const {
  const std::string& self = ledger_.node().name;
  Digest told{self, cell_, 0, {}, {}};
  for (const auto& [name, member] : membership_.members()) {
    const bool gone = member.state == MemberState::kDead || member.state == MemberState::kLeft;
    if (member.far || (gone && now - member.heard >= kDeadNamed)) continue;
    const bool settled = now - member.content_at >= kContentSettles;
    const std::uint64_t content = name == self ? content_
                                  : settled    ? member.content
                                               : member.content_before;
    told.names.push_back({name, member.last.incarnation});
    told.nodes.push_back(
        {member.state, name == self ? Duration{} : now - member.heard, content_bits(content)});
  }
  told.roster = roster_id(told.names);
  return told;
}

/// A cell that nobody speaks for is asked: any of its nodes may answer. Where a whole cloud is
/// silent that is no chance, and it is missed at once.
void Agent::miss_cells(TimePoint now, Effects& out) {
  const Duration period = digest_period(membership_.live().size());
  int asked = 0;
  for (const auto& [cell, names] : rosters_.silent(kMissedAfter * period, now)) {
    if (names->empty() || in_cell(path_, cell) || asked == kAskedATick) continue;
    if (!roster_asked_.emplace(cell, now).second) continue;
    ++asked;
    const auto by_chance = stable_hash(fmt::format("{}\n{}", ledger_.node().name, ++probes_));
    out.push_back(
        Send{(*names)[by_chance % names->size()].node, RosterRequest{ledger_.node().name, cell}});
  }
  std::set<std::string> missed;
  for (const auto& cloud : rosters_.silent_clouds(period, now)) {
    if (!clouds_missed_.contains(cloud)) membership_.deny_cell(cloud, now);
    missed.insert(cloud);
  }
  clouds_missed_ = std::move(missed);
}

void Agent::handle(const RosterRequest& m, TimePoint now, Effects& out) {
  if (divided()) out.push_back(Send{m.from, digest(now)});
}

void Agent::handle(const Digest& m, TimePoint now, Effects& out) {
  const std::string& self = ledger_.node().name;
  if (m.from == self) return;
  digest_heard_ = now;
  const auto* names = rosters_.of(m, now);
  const Member* teller = membership_.find(m.from);
  const bool teller_known = teller != nullptr && teller->state != MemberState::kDead;
  if (teller_known && in_cell(path_, m.cell.substr(0, m.cell.find('.')))) {
    const auto there = std::count_if(m.nodes.begin(), m.nodes.end(), [](const NodeDigest& n) {
      return n.state == MemberState::kAlive || n.state == MemberState::kSuspect;
    });
    cloud_told_ = static_cast<std::size_t>(there) << std::clamp(bits_of(m.cell), 0, kCellBits);
    cloud_told_at_ = now;
  }
  if (names == nullptr) {
    if (roster_asked_.emplace(m.cell, now).second)
      out.push_back(Send{m.from, RosterRequest{self, m.cell}});
    return;
  }
  for (std::size_t i = 0; i < names->size(); ++i) {
    const RosterName& who = (*names)[i];
    const NodeDigest& told = m.nodes[i];
    const bool gone = told.state == MemberState::kDead || told.state == MemberState::kLeft;
    if (who.node == self) {
      if (!gone || who.incarnation != incarnation_) continue;
      // Its own beats do not get through as they should.
      membership_.detector().slow(now);
      beat_soon_ = true;
      continue;
    }
    if (!membership_.on_digest(who, told, m.from, now)) {
      if (divided()) unknown_[who.node] = now;
      fetch(who.node, now, out);
      continue;
    }
    // A relay of this cell that is wrong is put right by those that know better.
    const Member* known = membership_.find(who.node);
    if (gone && known != nullptr && !known->far && known->state == MemberState::kAlive &&
        who.incarnation == known->last.incarnation)
      digest_soon_ = true;
  }
}

}  // namespace starling
