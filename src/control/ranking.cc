#include "control/ranking.h"

#include <algorithm>

#include "control/ownership.h"

namespace starling {
namespace {

constexpr std::size_t kKept = 6;    // so that several may go before an order is made anew
constexpr std::size_t kNeeded = 2;  // the owner and the next in line

std::vector<std::string> without(const std::vector<std::string>& these,
                                 const std::vector<std::string>& those) {
  std::vector<std::string> rest;
  std::set_difference(these.begin(), these.end(), those.begin(), those.end(),
                      std::back_inserter(rest));
  return rest;
}

}  // namespace

Ranking::Order Ranking::order_of(const std::string& key) const {
  Order order;
  order.whole = true;
  put_in(order, key, members_);
  return order;
}

void Ranking::take_out(Order& order, const std::vector<std::string>& gone) const {
  for (std::size_t i = order.names.size(); i-- > 0;) {
    if (!std::binary_search(gone.begin(), gone.end(), order.names[i])) continue;
    order.names.erase(order.names.begin() + static_cast<std::ptrdiff_t>(i));
    order.weights.erase(order.weights.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

/// Where others are left out, a newcomer behind the last of those kept may come after some of them,
/// so it is left out too.
void Ranking::put_in(Order& order, const std::string& key,
                     const std::vector<std::string>& come) const {
  std::string text = key + '\n';
  const std::size_t prefix = text.size();
  for (const auto& name : come) {
    text.resize(prefix);
    text += name;
    const std::uint64_t weight = stable_hash(text);
    std::size_t at = order.names.size();
    while (at > 0 && std::pair(weight, std::cref(name).get()) >
                         std::pair(order.weights[at - 1], order.names[at - 1]))
      --at;
    if (at == order.names.size() && !order.whole) continue;
    order.names.insert(order.names.begin() + static_cast<std::ptrdiff_t>(at), name);
    order.weights.insert(order.weights.begin() + static_cast<std::ptrdiff_t>(at), weight);
    if (order.names.size() <= kKept) continue;
    order.names.pop_back();
    order.weights.pop_back();
    order.whole = false;
  }
}

void Ranking::update(const std::vector<std::string>& keys,
                     const std::vector<std::string>& members) {
  const auto gone = without(members_, members), come = without(members, members_);
  members_ = members;
  std::erase_if(orders_, [&](const auto& entry) {
    return !std::binary_search(keys.begin(), keys.end(), entry.first);
  });
  for (const auto& key : keys) {
    auto [entry, added] = orders_.try_emplace(key);
    Order& order = entry->second;
    if (!added) {
      if (!gone.empty()) take_out(order, gone);
      put_in(order, key, come);
    }
    const bool too_few = order.names.size() < std::min(kNeeded, members_.size());
    if (added || too_few) order = order_of(key);
  }
}

const std::vector<std::string>& Ranking::first(const std::string& key) const {
  static const std::vector<std::string> none;
  const auto found = orders_.find(key);
  return found == orders_.end() ? none : found->second.names;
}

}  // namespace starling
