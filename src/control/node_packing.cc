// How many nodes it takes for what does not fit.
#include <algorithm>

#include "control/market.h"
#include "control/node_pool.h"
#include "control/resources.h"

namespace starling {
namespace {

constexpr int kNodesMax = 1000;  // bounds the work; no pool is larger

/// The larger share of the node that a replica takes.
double share_of(const Resources& one, const Resources& node) {
  const auto part = [](std::int64_t of, std::int64_t all) {
    return static_cast<double>(of) / static_cast<double>(std::max<std::int64_t>(1, all));
  };
  return std::max({part(one.cpu_millis, node.cpu_millis), part(one.memory_bytes, node.memory_bytes),
                   part(one.gpus, node.gpus)});
}

bool keeps_away(const PoolWant& want, const PoolRoom& room) {
  return std::any_of(want.apart.begin(), want.apart.end(),
                     [&](const std::string& model) { return room.runs.contains(model); });
}

void fill(PoolRoom& room, PoolWant& want) {
  while (want.count > 0 && !keeps_away(want, room) &&
         may_hold(want.clouds, want.size, room.cloud, room.free)) {
    room.free = difference(room.free, want.size);
    if (!want.apart.empty()) room.runs.insert(want.model);
    --want.count;
  }
}

}  // namespace

int nodes_needed(std::vector<PoolWant> wants, std::vector<PoolRoom> rooms, const Resources& size,
                 const std::string& cloud) {
  std::stable_sort(wants.begin(), wants.end(), [&](const PoolWant& a, const PoolWant& b) {
    return share_of(a.size, size) > share_of(b.size, size);
  });
  int added = 0;
  for (auto& want : wants) {
    for (auto& room : rooms) {
      if (want.count == 0) break;
      fill(room, want);
    }
    while (want.count > 0 && added < kNodesMax && may_hold(want.clouds, want.size, cloud, size)) {
      rooms.push_back({"", cloud, size, size, {}});
      ++added;
      fill(rooms.back(), want);
    }
  }
  return added;
}

}  // namespace starling
