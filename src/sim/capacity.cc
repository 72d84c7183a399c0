#include "sim/capacity.h"

#include <cassert>

namespace starling {

Capacity::Capacity(const std::vector<ScenarioNode>& nodes) : nodes_(nodes) {
  for (const auto& node : nodes) free_.push_back({node.cpu_millis, node.memory_bytes});
}

std::optional<std::size_t> Capacity::take(const Resources& resources) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < free_.size(); ++i) {
    if (free_[i].cpu_millis < resources.cpu_millis ||
        free_[i].memory_bytes < resources.memory_bytes)
      continue;
    if (!best || price_per_hour(i, resources) < price_per_hour(*best, resources)) best = i;
  }
  if (best) {
    free_[*best].cpu_millis -= resources.cpu_millis;
    free_[*best].memory_bytes -= resources.memory_bytes;
  }
  return best;
}

void Capacity::give_back(std::size_t node, const Resources& resources) {
  free_[node].cpu_millis += resources.cpu_millis;
  free_[node].memory_bytes += resources.memory_bytes;
  assert(free_[node].cpu_millis <= nodes_[node].cpu_millis);
  assert(free_[node].memory_bytes <= nodes_[node].memory_bytes);
}

double Capacity::price_per_hour(std::size_t node, const Resources& resources) const {
  return nodes_[node].price_per_hour * static_cast<double>(resources.cpu_millis) /
         static_cast<double>(nodes_[node].cpu_millis);
}

}  // namespace starling
