// The part of an owner that moves replicas off draining nodes: replacements first, then the others
// go.
#include <algorithm>

#include "control/owner.h"
#include "control/tender.h"

namespace starling {

void ModelOwner::hear(Epoch epoch) {
  if (epoch > epoch_ && plausible(epoch, epoch_)) epoch_ = epoch_above(epoch, id_prefix_);
}

/// A replica on a draining node serves like any other until another stands in for it, so it counts
/// as one of those that the last decision wanted, as far as the staying ones are too few. Counted
/// beside its replacement it would look like one too many, and holds on scaling down would keep
/// both.
void ModelOwner::count_leaving(Replicas& found) const {
  if (found.leaving.empty()) return;
  const int wanted = last_ ? last_->allocation.replicas
                           : std::max(found.staying(), found.ready + found.leaving_ready);
  found.standing = std::clamp(wanted - found.staying(), 0, static_cast<int>(found.leaving.size()));
}

/// Lets as many go as ready replicas elsewhere stand in for: what serves never falls below what is
/// wanted for a drain's sake. One on a node that misses heartbeats stands in for nobody.
Effects ModelOwner::hand_over(Decision& d, const Replicas& have, const OwnerContext& context) {
  if (have.leaving.empty()) return {};
  const int wanted = d.allocation.replicas;
  const int serving = have.ready - have.unheard + have.leaving_ready;
  int release = std::clamp(serving - wanted, 0, have.leaving_ready);
  // Those that do not serve yet go as soon as others are on their way.
  if (have.staying() + have.leaving_ready >= wanted)
    release += static_cast<int>(have.leaving.size()) - have.leaving_ready;
  if (release == 0) return {};
  const std::string moved = moving_ ? fmt::format("let {} go that moved", release)
                                    : fmt::format("let {} on draining nodes go", release);
  d.did(moved);
  return stop(stops(have.leaving, release, context), have.leaving,
              moving_ ? "another one on a better node stands in for it" : "its node is draining",
              context.now);
}

/// After a tender: of the replacements those that nobody has room for. Says so when it turns out.
std::optional<Effect> ModelOwner::note_unplaced(const OwnerContext& context) {
  const int before = std::exchange(unplaced_, std::min(short_by_, leaving_));
  if (unplaced_ == 0 || before > 0) return std::nullopt;
  std::vector<std::string> nodes;
  for (const ReplicaStatus* replica : context.members.replicas_of(spec_.spec.name)) {
    if (context.members.draining(replica->node) &&
        std::find(nodes.begin(), nodes.end(), replica->node) == nodes.end())
      nodes.push_back(replica->node);
  }
  return Notice{fmt::format(
      "model {}: no node has room for {} more, so as many of its replicas stay on draining {}",
      spec_.spec.name, unplaced_, fmt::join(nodes, ", "))};
}

}  // namespace starling
