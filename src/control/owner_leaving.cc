// The part of an owner that moves replicas off draining nodes: replacements first, then the others
// go.
#include <algorithm>

#include "control/owner.h"

namespace starling {

/// Lets as many go as ready replicas elsewhere stand in for: what serves never falls below what is
/// wanted for a drain's sake. One on a node that misses heartbeats stands in for nobody.
Effects ModelOwner::release_leaving(Decision& d, const OwnedReplicas& have,
                                    const OwnerContext& context) {
  if (have.leaving.empty()) return {};
  const int wanted = d.allocation.replicas;
  const int serving = have.ready - have.unheard + have.leaving_ready;
  int release = std::clamp(serving - wanted, 0, have.leaving_ready);
  // Those that do not serve yet go as soon as others are on their way.
  if (have.staying() + have.leaving_ready >= wanted)
    release += static_cast<int>(have.leaving.size()) - have.leaving_ready;
  if (release == 0) return {};
  const std::string moved = move_.begun() ? fmt::format("let {} go that moved", release)
                                          : fmt::format("let {} on draining nodes go", release);
  d.did(moved);
  return stop(
      stops(have.leaving, release, context), have.leaving,
      move_.begun() ? "another one on a better node stands in for it" : "its node is draining",
      context.now);
}

/// After a tender that found no room for some replacement.
Notice ModelOwner::unplaced_notice(const OwnerContext& context) const {
  std::vector<std::string> nodes;
  for (const ReplicaStatus* replica : context.members.replicas_of(spec_.spec.name)) {
    if (context.members.draining(replica->node) &&
        std::find(nodes.begin(), nodes.end(), replica->node) == nodes.end())
      nodes.push_back(replica->node);
  }
  return Notice{fmt::format(
      "model {}: no node has room for {} more, so as many of its replicas stay on draining {}",
      spec_.spec.name, shortage_.unplaced(), fmt::join(nodes, ", "))};
}

}  // namespace starling
