// An agent in a fleet of several cells: whom it hears, what it tells its cell and what everybody.
#include <algorithm>

#include "control/agent.h"
#include "control/cells.h"
#include "control/change.h"

namespace starling {
namespace {

/// An agent that has started knows the fleet when it lacks no more than one node in so many.
constexpr std::size_t kLackingOneIn = 50;
constexpr Duration kLearnsFleet = 2min;
constexpr Duration kAsksAgain = 1s;   // a cell for its roster
constexpr Duration kToldHolds = 10s;  // what a digest tells of how the fleet is divided
constexpr Duration kNamed = 10s;      // a node that no digest names for so long is not there

}  // namespace

void Agent::tend_cell(TimePoint now, Effects& out) {
  find_cell(now, out);
  rosters_.forget(now);
  std::erase_if(roster_asked_, [&](const auto& entry) { return now - entry.second >= kAsksAgain; });
  if (!divided()) return;
  listen_on(now);
  miss_cells(now, out);
  tell_digest(now, out);
}

/// By how many nodes there are, as far as this one knows; digests of its cloud may know of more.
void Agent::find_cell(TimePoint now, Effects& out) {
  const std::string& cloud = ledger_.node().cloud;
  const std::size_t known = membership_.live_in(cloud);
  const bool told = cloud_told_ > 2 * known && now - cloud_told_at_ < kToldHolds;
  const std::size_t in_cloud = told ? cloud_told_ : known;
  const std::size_t fleet = std::max(membership_.live().size(), in_cloud);
  // One that has just started goes by how the others are divided, as those that were there before.
  const bool others = digest_heard_ != TimePoint{} && now - digest_heard_ < kToldHolds;
  const int before = std::max(bits_of(cell_), others ? 0 : kWholeFleet);
  const bool understood = membership_.understood() >= kUnderstandsCells;
  const int bits = understood ? cell_bits(before, fleet, in_cloud) : kWholeFleet;
  const auto cell = cell_of(path_, bits);
  if (cell != cell_) {
    cell_ = cell;
    membership_.set_cell(cell_, ledger_.node().name, now);
    told_.reset();
    content_due_ = digest_soon_ = true;
    if (bits == kWholeFleet) unknown_.clear();
    out.push_back(Listen{cell_});
  }
  if (divided()) membership_.set_digest_period(digest_period(fleet));
}

/// Digests name the nodes that there are. As long as many of them are still to be asked what they
/// run and whether they decide, this one decides nothing.
void Agent::listen_on(TimePoint now) {
  std::erase_if(unknown_, [&](const auto& entry) { return now - entry.second >= kNamed; });
  const bool lacking = unknown_.size() * kLackingOneIn > membership_.live().size();
  if (lacking && now < started_ + kLearnsFleet)
    settled_at_ = std::max(settled_at_, now + options_.membership.detector.heartbeat);
}

/// The first word is a whole heartbeat to everybody, as is one with pools. Then everybody hears
/// what is new, and the cell hears beats.
void Agent::beat_in_cell(TimePoint now, Effects& out) {
  const bool regular = now >= next_beat_;
  beat_soon_ = false;
  next_beat_ = now + options_.membership.detector.heartbeat;
  Heartbeat mine = heartbeat(now, false);
  membership_.on_heartbeat(mine, now);
  if (!told_ || told_->pools != mine.pools) {
    content_ = mine.sequence;
    told_ = mine;
    untold_since_ = {};
    plan_figures(now);
    out.push_back(Broadcast{std::move(mine)});
    return;
  }
  const bool figures = now >= figures_at_;
  Change change = change_between(*told_, mine, figures, brief(now));
  if (figures) plan_figures(now);
  if (says_something(change, *told_) && (figures || tells_now(change, regular, now))) {
    take_in(change, *told_);
    content_ = change.sequence;
    untold_since_ = {};
    out.push_back(Broadcast{std::move(change)});
    return;
  }
  out.push_back(
      Tell{path_, Beat{mine.node.name, incarnation_, mine.sequence, content_, brief(now)}});
}

/// What gateways and owners act on goes at once; what starts and what an owner's terms are, with
/// the next regular beat; the rest can wait for either.
bool Agent::tells_now(const Change& change, bool regular, TimePoint now) {
  const bool serves = std::any_of(change.replicas.begin(), change.replicas.end(),
                                  [](const auto& r) { return r.state != ReplicaState::kStarting; });
  // A replica that failed was not being drained: nobody expects that it is gone.
  const bool lost = std::any_of(change.gone.begin(), change.gone.end(), [&](const auto& id) {
    const auto known = std::find_if(told_->replicas.begin(), told_->replicas.end(),
                                    [&](const ReplicaStatus& r) { return r.id == id; });
    return known != told_->replicas.end() && known->state != ReplicaState::kDraining;
  });
  if (serves || lost || !change.turned.empty() || change.scheduling != told_->scheduling ||
      change.without_specs != told_->without_specs)
    return true;
  if (!change.replicas.empty() || !change.owned.empty()) return regular;
  if (untold_since_ == TimePoint{}) untold_since_ = now;
  return now - untold_since_ >= kTellsGoneWithin;
}

void Agent::plan_figures(TimePoint now) {
  const bool matter = figures_matter(now) || !options_.budgets.empty();
  figures_at_ = now + figures_pause(membership_.live().size(), ledger_.replicas().size(),
                                    owners_.size(), matter);
}

/// Who asks knows then what everybody else does, so that the next change holds for it, too.
Heartbeat Agent::answer_for_self(TimePoint now) {
  if (!divided() || !told_) return heartbeat(now, false);
  Heartbeat mine = *told_;
  mine.sequence = ++sequence_;
  mine.content = content_;
  return mine;
}

void Agent::handle(const Change& m, TimePoint now, Effects& out) {
  if (m.node == ledger_.node().name) return;
  const Member* known = membership_.find(m.node);
  const bool was_dead = known != nullptr && known->state == MemberState::kDead;
  if (!membership_.on_change(m, now)) {
    if (known == nullptr || m.incarnation > known->last.incarnation) fetch(m.node, now, out);
    return;
  }
  if (was_dead && known->state == MemberState::kAlive)
    out.push_back(Notice{fmt::format("node {} is back", m.node)});
  for (const auto& summary : m.owned) {
    if (specs_.contains(summary.model)) epochs_.hear(summary.model, summary.epoch);
  }
}

}  // namespace starling
