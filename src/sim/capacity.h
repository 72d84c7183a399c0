// What the simulated nodes have left, and what a replica on each costs.
#pragma once

#include <optional>
#include <vector>

#include "sim/scenario.h"

namespace starling {

/// Room by node, which is given by its place in the scenario. Times `t` are seconds from the
/// trace's start.
class Capacity {
 public:
  explicit Capacity(const std::vector<ScenarioNode>& nodes,
                    const std::vector<ScenarioEviction>& evictions = {});

  /// Reserves room on the open node where the replica is cheapest, the first of equals; none if
  /// nowhere is room.
  std::optional<std::size_t> take(const Resources& resources, double t);
  /// Whether the node takes new replicas: not from an eviction's notice until it is back.
  bool open(std::size_t node, double t) const;
  /// Of all nodes that are open.
  Resources open_total(double t) const;
  /// When the node next loses its replicas; infinite if never.
  double stops_at(std::size_t node, double t) const;
  /// Whether a replica of one size may take the place of one of another on that node.
  bool replaceable(std::size_t node, const Resources& old, const Resources& its, double t) const;
  /// Frees what `take` reserved, or `resize` made of it.
  void give_back(std::size_t node, const Resources& resources);
  /// Gives a replica that is there another size, also on a node that takes no new ones; false, and
  /// all as it was, where the node has no room for it.
  bool resize(std::size_t node, const Resources& from, const Resources& to);
  /// Of a replica of that size on the node.
  double price_per_hour(std::size_t node, const Resources& resources) const;

 private:
  /// Whether the node has room for one size once the other has gone.
  bool holds(std::size_t node, const Resources& from, const Resources& to) const;

  struct Free {
    std::int64_t cpu_millis;
    std::int64_t memory_bytes;
  };
  std::vector<ScenarioNode> nodes_;
  std::vector<ScenarioEviction> evictions_;
  std::vector<Free> free_;
};

}  // namespace starling
