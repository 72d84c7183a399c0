#include "control/cell_watch.h"

#include <algorithm>

#include "control/cells.h"
#include "control/ownership.h"

namespace starling {
namespace {

/// An agent that has started knows the fleet when it lacks no more than one node in so many.
constexpr std::size_t kLackingOneIn = 50;
constexpr Duration kLearnsFleet = 2min;
constexpr Duration kAsksAgain = 1s;   // a cell for its roster
constexpr Duration kToldHolds = 10s;  // what a digest tells of how the fleet is divided
constexpr Duration kNamed = 10s;      // a node that no digest names for so long is not there
constexpr int kMissedAfter = 2;       // periods
constexpr int kAskedATick = 20;       // cells

}  // namespace

CellWatch::CellWatch(const NodeInfo& self, std::uint64_t incarnation, Membership& members,
                     Prober& prober, TimePoint started)
    : self_(self.name),
      cloud_(self.cloud),
      incarnation_(incarnation),
      members_(members),
      prober_(prober),
      started_(started),
      path_(cell_path(self)) {}

void CellWatch::on_tick(TimePoint now) {
  rosters_.forget(now);
  std::erase_if(roster_asked_, [&](const auto& entry) { return now - entry.second >= kAsksAgain; });
  std::erase_if(unknown_, [&](const auto& entry) { return now - entry.second >= kNamed; });
}

/// By how many nodes there are, as far as this one knows; digests of its cloud may know of more.
bool CellWatch::find_cell(TimePoint now, Effects& out) {
  const std::size_t known = members_.live_in(cloud_);
  const bool told = cloud_told_ > 2 * known && now - cloud_told_at_ < kToldHolds;
  const std::size_t in_cloud = told ? cloud_told_ : known;
  const std::size_t fleet = std::max(members_.live().size(), in_cloud);
  // One that has just started goes by how the others are divided, as those that were there before.
  const bool others = digest_heard_ != TimePoint{} && now - digest_heard_ < kToldHolds;
  const int before = std::max(bits_of(members_.cell()), others ? 0 : kWholeFleet);
  const bool understood = members_.understood() >= kUnderstandsCells;
  const int bits = understood ? cell_bits(before, fleet, in_cloud) : kWholeFleet;
  const auto cell = cell_of(path_, bits);
  const bool changed = cell != members_.cell();
  if (changed) {
    members_.set_cell(cell, self_, now);
    if (bits == kWholeFleet) unknown_.clear();
    out.push_back(Listen{cell});
  }
  if (members_.divided()) members_.set_digest_period(digest_period(fleet));
  return changed;
}

bool CellWatch::lacks_many(TimePoint now) const {
  return unknown_.size() * kLackingOneIn > members_.live().size() && now < started_ + kLearnsFleet;
}

/// Any of a cell's nodes may answer for it. Where a whole cloud is silent that is no chance, and it
/// is missed at once.
void CellWatch::miss_cells(TimePoint now, Effects& out) {
  const Duration period = digest_period(members_.live().size());
  int asked = 0;
  for (const auto& [cell, names] : rosters_.silent(kMissedAfter * period, now)) {
    if (names->empty() || in_cell(path_, cell) || asked == kAskedATick) continue;
    if (!roster_asked_.emplace(cell, now).second) continue;
    ++asked;
    const auto by_chance = stable_hash(fmt::format("{}\n{}", self_, prober_.next_number()));
    out.push_back(Send{(*names)[by_chance % names->size()].node, RosterRequest{self_, cell}});
  }
  std::set<std::string> missed;
  for (const auto& cloud : rosters_.silent_clouds(period, now)) {
    if (!clouds_missed_.contains(cloud)) members_.deny_cell(cloud, now);
    missed.insert(cloud);
  }
  clouds_missed_ = std::move(missed);
}

/// How many nodes this cloud has, by the size of one of its cells.
void CellWatch::count_cloud(const Digest& digest, TimePoint now) {
  const Member* teller = members_.find(digest.from);
  const bool known = teller != nullptr && teller->state != MemberState::kDead;
  if (!known || !in_cell(path_, digest.cell.substr(0, digest.cell.find('.')))) return;
  const auto there = std::count_if(digest.nodes.begin(), digest.nodes.end(),
                                   [](const NodeDigest& n) { return !is_gone(n.state); });
  cloud_told_ = static_cast<std::size_t>(there) << std::clamp(bits_of(digest.cell), 0, kCellBits);
  cloud_told_at_ = now;
}

CellWatch::Reaction CellWatch::on_digest(const Digest& digest, TimePoint now, Effects& out) {
  Reaction reaction;
  digest_heard_ = now;
  const auto* names = rosters_.of(digest, now);
  count_cloud(digest, now);
  if (names == nullptr) {
    if (roster_asked_.emplace(digest.cell, now).second)
      out.push_back(Send{digest.from, RosterRequest{self_, digest.cell}});
    return reaction;
  }
  for (std::size_t i = 0; i < names->size(); ++i)
    on_node((*names)[i], digest.nodes[i], digest.from, now, reaction, out);
  return reaction;
}

void CellWatch::on_node(const RosterName& who, const NodeDigest& told, const std::string& by,
                        TimePoint now, Reaction& reaction, Effects& out) {
  if (who.node == self_) {
    if (!is_gone(told.state) || who.incarnation != incarnation_) return;
    // Its own beats do not get through as they should.
    members_.detector().slow(now);
    reaction.beat = true;
    return;
  }
  if (!members_.on_digest(who, told, by, now)) {
    if (members_.divided()) unknown_[who.node] = now;
    prober_.fetch(who.node, now, out);
    return;
  }
  const Member* known = members_.find(who.node);
  if (is_gone(told.state) && known != nullptr && !known->far &&
      known->state == MemberState::kAlive && who.incarnation == known->last.incarnation)
    reaction.correct = true;
}

}  // namespace starling
