// Who is first in line for each model, kept current as members come and go.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace starling {

/// The beginning of rendezvous_order() for many keys. A member that comes or goes costs little more
/// than a look at each key, not the whole order anew.
class Ranking {
 public:
  /// `keys` and `members` sorted.
  void update(const std::vector<std::string>& keys, const std::vector<std::string>& members);
  /// The first members in the order of the key, at least two where there are as many; empty for an
  /// unknown key.
  const std::vector<std::string>& first(const std::string& key) const;

  struct Order {
    std::vector<std::string> names;
    std::vector<std::uint64_t> weights;
    bool whole = false;  // nobody is left out
  };
  const std::map<std::string, Order>& orders() const { return orders_; }
  const std::vector<std::string>& members() const { return members_; }

 private:
  Order order_of(const std::string& key) const;
  void take_out(Order& order, const std::vector<std::string>& gone) const;
  void put_in(Order& order, const std::string& key, const std::vector<std::string>& come) const;

  std::vector<std::string> members_;
  std::map<std::string, Order> orders_;
};

}  // namespace starling
