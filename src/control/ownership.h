// Who decides for a model: a function of the models' names and the live members, never an election.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/ranking.h"

namespace starling {

/// A 64-bit hash that is the same on every machine and in every version (FNV-1a, finalised as in
/// splitmix64).
std::uint64_t stable_hash(std::string_view text);

/// Members by descending rendezvous weight for the key (Thaler & Ravishankar 1998): the order in
/// which it prefers them. Losing one member moves only that member's keys.
std::vector<std::string> rendezvous_order(std::string_view key,
                                          const std::vector<std::string>& members);

/// No member owns more than this times the mean, rounded up.
inline constexpr double kOwnedOverMean = 1.25;
std::size_t owned_max(std::size_t keys, std::size_t members);

/// Rendezvous hashing with bounded loads, after Mirrokni, Thorup & Zadimoghaddam (2018): each key's
/// owner, and the member next in line for it if there are two. Keys and members propose and choose
/// by the same weights (Gale & Shapley 1962), so the outcome is the one stable assignment: a key's
/// owner is the member that it prefers among those that are not full of keys of more weight. It
/// depends on the two sets alone, not on their order. A lost member's keys move, and of the others
/// at most those that do not have, or did not have, their first choice. Next in line is who would
/// take the key over as far as the present loads tell. What keys prefer is taken from a ranking,
/// which hardly a key goes beyond.
std::map<std::string, std::vector<std::string>> bounded_owners(const Ranking& ranking);
/// The same of keys and members alone; equal names count once.
std::map<std::string, std::vector<std::string>> bounded_owners(std::vector<std::string> keys,
                                                               std::vector<std::string> members);

/// The same without a bound, as agents before it do it. In a fleet that has such an agent all go by
/// this, so that they agree.
std::map<std::string, std::vector<std::string>> unbounded_owners(const Ranking& ranking);

}  // namespace starling
