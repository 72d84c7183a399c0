#include "sim/capacity.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace starling {

Capacity::Capacity(const std::vector<ScenarioNode>& nodes,
                   const std::vector<ScenarioEviction>& evictions)
    : nodes_(nodes), evictions_(evictions) {
  for (const auto& node : nodes) free_.push_back({node.cpu_millis, node.memory_bytes});
}

std::optional<std::size_t> Capacity::take(const Resources& resources, double t) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < free_.size(); ++i) {
    if (free_[i].cpu_millis < resources.cpu_millis ||
        free_[i].memory_bytes < resources.memory_bytes || !open(i, t))
      continue;
    if (!best || price_per_hour(i, resources) < price_per_hour(*best, resources)) best = i;
  }
  if (best) {
    free_[*best].cpu_millis -= resources.cpu_millis;
    free_[*best].memory_bytes -= resources.memory_bytes;
  }
  return best;
}

bool Capacity::open(std::size_t node, double t) const {
  return std::none_of(evictions_.begin(), evictions_.end(), [&](const ScenarioEviction& e) {
    return e.node == node && e.notice_s <= t && t < e.back_s;
  });
}

Resources Capacity::open_total(double t) const {
  Resources total{0, 0};
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!open(i, t)) continue;
    total.cpu_millis += nodes_[i].cpu_millis;
    total.memory_bytes += nodes_[i].memory_bytes;
  }
  return total;
}

double Capacity::stops_at(std::size_t node, double t) const {
  double first = std::numeric_limits<double>::infinity();
  for (const auto& eviction : evictions_) {
    if (eviction.node == node && eviction.stop_s > t) first = std::min(first, eviction.stop_s);
  }
  return first;
}

bool Capacity::replaceable(std::size_t node, const Resources& old, const Resources& its,
                           double t) const {
  return open(node, t) && holds(node, old, its);
}

bool Capacity::holds(std::size_t node, const Resources& from, const Resources& to) const {
  return free_[node].cpu_millis + from.cpu_millis >= to.cpu_millis &&
         free_[node].memory_bytes + from.memory_bytes >= to.memory_bytes;
}

void Capacity::give_back(std::size_t node, const Resources& resources) {
  free_[node].cpu_millis += resources.cpu_millis;
  free_[node].memory_bytes += resources.memory_bytes;
  assert(free_[node].cpu_millis <= nodes_[node].cpu_millis);
  assert(free_[node].memory_bytes <= nodes_[node].memory_bytes);
}

bool Capacity::resize(std::size_t node, const Resources& from, const Resources& to) {
  if (!holds(node, from, to)) return false;
  Free& free = free_[node];
  free.cpu_millis += from.cpu_millis - to.cpu_millis;
  free.memory_bytes += from.memory_bytes - to.memory_bytes;
  return true;
}

double Capacity::price_per_hour(std::size_t node, const Resources& resources) const {
  return nodes_[node].price_per_cpu_hour * static_cast<double>(resources.cpu_millis) / 1000 +
         nodes_[node].price_per_gib_hour * static_cast<double>(resources.memory_bytes) /
             (1LL << 30);
}

}  // namespace starling
