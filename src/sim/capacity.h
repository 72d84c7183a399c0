// What the simulated nodes have left, and what a replica on each costs.
#pragma once

#include <optional>
#include <vector>

#include "sim/scenario.h"

namespace starling {

class Capacity {
 public:
  explicit Capacity(const std::vector<ScenarioNode>& nodes);

  /// Reserves room on the node where the replica is cheapest, the first of equals; none if nowhere
  /// is room.
  std::optional<std::size_t> take(const Resources& resources);
  void give_back(std::size_t node, const Resources& resources);
  /// The node's price by the share of its CPU that the replica holds.
  double price_per_hour(std::size_t node, const Resources& resources) const;

 private:
  struct Free {
    std::int64_t cpu_millis;
    std::int64_t memory_bytes;
  };
  std::vector<ScenarioNode> nodes_;
  std::vector<Free> free_;
};

}  // namespace starling
