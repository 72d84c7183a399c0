// Who decides for a model: a function of the model's name and the live members, never an election.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace starling {

/// A 64-bit hash that is the same on every machine and in every version (FNV-1a, finalised as in
/// splitmix64).
std::uint64_t stable_hash(std::string_view text);

/// Members by descending rendezvous weight for the key (Thaler & Ravishankar 1998): [0] owns it,
/// [1] is next in line. Losing one member moves only that member's keys.
std::vector<std::string> rendezvous_order(std::string_view key,
                                          const std::vector<std::string>& members);

}  // namespace starling
