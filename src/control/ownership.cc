#include "control/ownership.h"

#include <algorithm>
#include <cmath>
#include <queue>
#include <unordered_map>
#include <utility>

namespace starling {
namespace {

/// FNV-1a, so far.
std::uint64_t absorb(std::uint64_t hash, std::string_view text) {
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ULL;
  return hash;
}

constexpr std::uint64_t kEmpty = 0xcbf29ce484222325ULL;

/// FNV alone leaves the high bits of short, similar names alike.
std::uint64_t finalised(std::uint64_t hash) {
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
  return hash ^ (hash >> 31);
}

/// A weight, and the index of the member or key that it is of. Names are sorted, so that indices
/// break ties as names do.
using Weighted = std::pair<std::uint64_t, std::uint32_t>;

/// One assignment of a ranking's keys to its members.
class Assignment {
 public:
  explicit Assignment(const Ranking& ranking)
      : members_(ranking.members()),
        place_(ranking.orders().size(), 0),
        held_(ranking.members().size()) {
    for (const auto& [key, order] : ranking.orders()) {
      keys_.push_back(&key);
      auto& first = first_.emplace_back();
      for (std::size_t i = 0; i < order.names.size(); ++i)
        first.emplace_back(order.weights[i], index_of(order.names[i]));
    }
    assign();
  }

  /// The key's owner and who is next in line.
  std::vector<std::string> ranked(std::size_t key) {
    const std::uint32_t owner = choice(key, place_[key]).second;
    std::vector<std::string> names{members_[owner]};
    if (members_.size() > 1) names.push_back(members_[next_in_line(key, owner)]);
    return names;
  }

 private:
  std::uint32_t index_of(const std::string& member) const {
    return static_cast<std::uint32_t>(std::lower_bound(members_.begin(), members_.end(), member) -
                                      members_.begin());
  }

  /// The key's choice of that rank, from 0.
  const Weighted& choice(std::size_t key, std::size_t rank) {
    if (rank < first_[key].size()) return first_[key][rank];
    auto& all = all_[key];
    if (all.empty()) {
      const std::uint64_t base = absorb(absorb(kEmpty, *keys_[key]), "\n");
      for (std::uint32_t m = 0; m < members_.size(); ++m)
        all.emplace_back(finalised(absorb(base, members_[m])), m);
      std::sort(all.begin(), all.end(), std::greater<>());
    }
    return all[rank];
  }

  /// Every key asks its choices in turn; a full member lets the lightest of its keys go for a
  /// heavier one.
  void assign() {
    const std::size_t most = owned_max(keys_.size(), members_.size());
    std::vector<std::uint32_t> asking(keys_.size());
    for (std::uint32_t k = 0; k < keys_.size(); ++k) asking[k] = k;
    while (!asking.empty()) {
      const std::uint32_t key = asking.back();
      const auto& [weight, member] = choice(key, place_[key]);
      auto& held = held_[member];
      if (held.size() >= most && held.top() > Weighted{weight, key}) {
        ++place_[key];  // and asks the next
        continue;
      }
      asking.pop_back();
      held.emplace(weight, key);
      if (held.size() <= most) continue;
      const std::uint32_t lightest = held.top().second;
      held.pop();
      ++place_[lightest];
      asking.push_back(lightest);
    }
  }

  /// The key's first choice but for its owner that would have room for it, or a lighter key to let
  /// go, if the owner were lost.
  std::uint32_t next_in_line(std::size_t key, std::uint32_t owner) {
    const std::size_t most = owned_max(keys_.size(), members_.size() - 1);
    for (std::size_t rank = 0; rank < members_.size(); ++rank) {
      const auto& [weight, member] = choice(key, rank);
      if (member == owner) continue;
      const auto& held = held_[member];
      if (held.size() < most || held.top() < Weighted{weight, static_cast<std::uint32_t>(key)})
        return member;
    }
    return choice(key, place_[key] == 0 ? 1 : 0).second;
  }

  using Lightest = std::priority_queue<Weighted, std::vector<Weighted>, std::greater<>>;

  const std::vector<std::string>& members_;
  std::vector<const std::string*> keys_;
  std::vector<std::vector<Weighted>> first_;                    // by key: the ranking's
  std::unordered_map<std::size_t, std::vector<Weighted>> all_;  // of keys that needed more
  std::vector<std::uint32_t> place_;                            // by key: the rank of its owner
  std::vector<Lightest> held_;                                  // by member
};

void sort_once(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace

std::uint64_t stable_hash(std::string_view text) { return finalised(absorb(kEmpty, text)); }

std::size_t owned_max(std::size_t keys, std::size_t members) {
  if (members == 0) return 0;
  // In whole numbers: every node must round alike.
  static_assert(kOwnedOverMean == 1.25);
  return (5 * keys + 4 * members - 1) / (4 * members);
}

std::map<std::string, std::vector<std::string>> bounded_owners(std::vector<std::string> keys,
                                                               std::vector<std::string> members) {
  sort_once(keys);
  sort_once(members);
  Ranking ranking;
  ranking.update(keys, members);
  return bounded_owners(ranking);
}

std::map<std::string, std::vector<std::string>> bounded_owners(const Ranking& ranking) {
  std::map<std::string, std::vector<std::string>> owners;
  if (ranking.members().empty()) {
    for (const auto& [key, order] : ranking.orders()) owners[key];
    return owners;
  }
  Assignment assignment(ranking);
  std::size_t at = 0;
  for (const auto& [key, order] : ranking.orders())
    owners.emplace_hint(owners.end(), key, assignment.ranked(at++));
  return owners;
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

std::map<std::string, std::vector<std::string>> unbounded_owners(const Ranking& ranking) {
  std::map<std::string, std::vector<std::string>> owners;
  for (const auto& [key, order] : ranking.orders()) {
    auto names = order.names;
    names.resize(std::min<std::size_t>(2, names.size()));
    owners[key] = std::move(names);
  }
  return owners;
}

}  // namespace starling
