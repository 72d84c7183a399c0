#include "api/pool_json.h"

#include <map>

namespace starling {

using Json = nlohmann::json;

std::vector<PoolStatus> pools_of(const FleetView& view) {
  std::map<std::string, PoolStatus> pools;
  for (const auto& member : view.members) {
    if (member.state == MemberState::kDead || member.state == MemberState::kLeft) continue;
    for (const auto& summary : member.last.pools) {
      PoolStatus& pool = pools.try_emplace(summary.name, PoolStatus{summary, ""}).first->second;
      if (summary.decides) pool = {summary, member.last.node.name};
    }
  }
  std::vector<PoolStatus> list;
  for (auto& [name, pool] : pools) list.push_back(std::move(pool));
  return list;
}

Json pools_json(const FleetView& view) {
  Json list = Json::array();
  for (const auto& [p, decider] : pools_of(view)) {
    if (decider.empty()) {
      list.push_back({{"name", p.name}, {"decider", nullptr}});
      continue;
    }
    list.push_back(
        {{"name", p.name},
         {"decider", decider},
         {"cloud", p.cloud},
         {"min", p.min},
         {"max", p.max},
         {"wanted", p.wanted},
         {"pending", p.pending},
         {"running", p.running},
         {"draining", p.draining},
         {"node",
          {{"cpu_millis", p.node_size.cpu_millis},
           {"memory_bytes", p.node_size.memory_bytes},
           {"gpus", p.node_size.gpus}}},
         {"price_per_hour", p.price_per_hour},
         {"cost_per_hour", p.price_per_hour * (p.pending + p.running)},
         {"budget_per_hour", p.budget_per_hour ? Json(*p.budget_per_hour) : Json(nullptr)},
         {"limit", p.limit},
         {"error", p.error}});
  }
  return list;
}

}  // namespace starling
