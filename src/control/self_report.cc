#include "control/self_report.h"

#include <algorithm>

#include "control/cells.h"
#include "control/change.h"

namespace starling {

SelfReport::SelfReport(const NodeInfo& self, std::uint64_t incarnation, Membership& members,
                       Duration heartbeat, Describe describe, TimePoint now)
    : self_(self.name),
      members_(members),
      heartbeat_(heartbeat),
      incarnation_(incarnation),
      describe_(std::move(describe)),
      path_(cell_path(self)),
      next_beat_(now) {}

Heartbeat SelfReport::heartbeat(TimePoint now, bool leaving) {
  Heartbeat mine = describe_(now);
  mine.incarnation = incarnation_;
  mine.sequence = ++sequence_;
  mine.leaving = leaving;
  mine.understands = kUnderstands;
  return mine;
}

Heartbeat SelfReport::answer(TimePoint now) {
  if (!members_.divided() || !told_) return heartbeat(now);
  Heartbeat mine = *told_;
  mine.sequence = ++sequence_;
  mine.content = content_;
  return mine;
}

void SelfReport::on_new_cell() {
  told_.reset();
  content_due_ = true;
}

void SelfReport::beat(const Occasion& occasion, TimePoint now, Effects& out) {
  const bool regular = now >= next_beat_;
  members_.divided() ? beat_in_cell(occasion, regular, now, out)
                     : beat_undivided(occasion, now, out);
  soon_ = false;
  next_beat_ = now + heartbeat_;
}

/// Where there is something new, and every so often all the same: an agent that knows no beats and
/// that nobody here has heard yet counts on it. In a larger fleet the mere figures are told more
/// seldom.
bool SelfReport::wants_content(const Occasion& occasion) const {
  const std::size_t fleet = members_.live().size();
  const bool understood = members_.askable().size() == fleet;
  return soon_ || content_due_ || beats_ >= beats_between(fleet) || !understood ||
         occasion.terms != terms_told_ || occasion.figures_matter();
}

void SelfReport::beat_undivided(const Occasion& occasion, TimePoint now, Effects& out) {
  if (!wants_content(occasion)) {
    ++beats_;
    const Beat mine{self_, incarnation_, ++sequence_, content_, occasion.brief};
    members_.on_beat(mine, now);
    out.push_back(Broadcast{mine});
    return;
  }
  Heartbeat mine = heartbeat(now);
  content_ = mine.sequence;
  terms_told_ = occasion.terms;
  content_due_ = false;
  beats_ = 0;
  members_.on_heartbeat(mine, now);
  out.push_back(Broadcast{std::move(mine)});
}

/// The first word is a whole heartbeat to everybody, as is one with pools. Then everybody hears
/// what is new, and the cell hears beats.
void SelfReport::beat_in_cell(const Occasion& occasion, bool regular, TimePoint now, Effects& out) {
  Heartbeat mine = heartbeat(now);
  members_.on_heartbeat(mine, now);
  if (!told_ || told_->pools != mine.pools) {
    content_ = mine.sequence;
    told_ = mine;
    untold_since_ = {};
    plan_figures(mine, occasion.figures_matter(), now);
    out.push_back(Broadcast{std::move(mine)});
    return;
  }
  const bool figures = now >= figures_at_;
  Change change = change_between(*told_, mine, figures, occasion.brief);
  if (figures) plan_figures(mine, occasion.figures_matter(), now);
  if (says_something(change, *told_) && (figures || tells_now(change, regular, now))) {
    take_in(change, *told_);
    content_ = change.sequence;
    untold_since_ = {};
    out.push_back(Broadcast{std::move(change)});
    return;
  }
  out.push_back(
      Tell{path_, Beat{mine.node.name, incarnation_, mine.sequence, content_, occasion.brief}});
}

/// What gateways and owners act on goes at once; what starts and what an owner's terms are, with
/// the next regular beat; the rest can wait for either.
bool SelfReport::tells_now(const Change& change, bool regular, TimePoint now) {
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

void SelfReport::plan_figures(const Heartbeat& mine, bool matter, TimePoint now) {
  figures_at_ =
      now + figures_pause(members_.live().size(), mine.replicas.size(), mine.owned.size(), matter);
}

}  // namespace starling
