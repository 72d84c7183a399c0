#include "control/ownership.h"

#include <algorithm>
#include <utility>

namespace starling {

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ULL;
  // FNV alone leaves the high bits of short, similar names alike.
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
  return hash ^ (hash >> 31);
}

std::vector<std::string> rendezvous_order(std::string_view key,
                                          const std::vector<std::string>& members) {
  std::vector<std::pair<std::uint64_t, std::string>> weighted;
  weighted.reserve(members.size());
  for (const auto& member : members) {
    weighted.emplace_back(stable_hash(std::string(key) + '\n' + member), member);
  }
  std::sort(weighted.begin(), weighted.end(), std::greater<>());
  std::vector<std::string> order;
  order.reserve(weighted.size());
  for (auto& [weight, member] : weighted) order.push_back(std::move(member));
  return order;
}

}  // namespace starling
