// Whom an owner's call for bids goes to where the fleet is large.
#include <algorithm>
#include <set>
#include <tuple>

#include "control/agent.h"
#include "control/ownership.h"
#include "control/resources.h"
#include "control/tender.h"

namespace starling {
namespace {

constexpr std::size_t kLookedAtMax = 1024;  // nodes

}  // namespace

/// All others in a fleet of up to kBiddersMax; in a larger one so many of those that took replicas
/// and had room when they last said so, by chance, so that owners do not all ask the same ones.
/// Where fewer have room, others fill up: what they last said may be out of date. Of very many
/// nodes only some are looked at. Those that keep room for what the model has bought, and for
/// nobody else, are asked before all.
std::vector<std::string> Agent::bidders(const BidRequest& request, TimePoint now) const {
  struct Choice {
    bool full;
    std::uint64_t chance;
    std::string name;
  };
  std::vector<std::string> chosen;
  std::set<std::string> keepers;
  if (const ModelOwner* owner = owner_of(request.model)) keepers = owner->keepers(now);
  keepers.erase(known_.self());
  for (const auto& name : membership_.live()) {
    if (keepers.contains(name) && chosen.size() < kBiddersMax) chosen.push_back(name);
  }
  std::vector<Choice> candidates;
  for (const auto& name : membership_.some_live(request.request, kLookedAtMax)) {
    if (name == known_.self() || keepers.contains(name)) continue;
    const Heartbeat& last = membership_.find(name)->last;
    if (!request.clouds.empty() && std::find(request.clouds.begin(), request.clouds.end(),
                                             last.node.cloud) == request.clouds.end())
      continue;
    const bool full =
        last.without_specs || !membership_.schedulable(name) || !fits(request.resources, last.free);
    candidates.push_back({full, stable_hash(request.request + '\n' + name), name});
  }
  const std::size_t count = std::min(candidates.size(), kBiddersMax - chosen.size());
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count),
                    candidates.end(), [](const Choice& a, const Choice& b) {
                      return std::tie(a.full, a.chance, a.name) <
                             std::tie(b.full, b.chance, b.name);
                    });
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(candidates[i].name);
  return chosen;
}

bool Agent::asks_some(const BidRequest& request, TimePoint now, Effects& out) const {
  if (membership_.live().size() <= kBiddersMax + 1) return false;
  for (const auto& name : bidders(request, now)) out.push_back(Send{name, request});
  return true;
}

}  // namespace starling
