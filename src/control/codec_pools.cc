#include "control/codec_pools.h"

#include "control/codec_node.h"

namespace starling::codec {
namespace {

constexpr std::int64_t kNodesMax = 1'000'000;

int nodes(const Reader& r, const char* key) { return static_cast<int>(r.count(key, kNodesMax)); }

PoolSummary read_pool(const Json& json) {
  const Reader r(json);
  PoolSummary p;
  p.name = r.text("name");
  p.decides = r.flag_or_false("decides");
  if (!p.decides) return p;
  p.min = nodes(r, "min");
  p.max = nodes(r, "max");
  p.wanted = nodes(r, "wanted");
  p.pending = nodes(r, "pending");
  p.running = nodes(r, "running");
  p.draining = nodes(r, "draining");
  p.left = nodes(r, "left");
  p.node_size = {r.count("cpu"), r.count("memory"), r.has("gpu") ? r.count("gpu", kGpusMax) : 0};
  p.cloud = r.text("cloud");
  p.price_per_hour = r.amount("price");
  if (r.has("budget")) p.budget_per_hour = r.amount("budget");
  p.limit = r.text("limit");
  p.error = r.text("error");
  return p;
}

}  // namespace

Json write_pools(const std::vector<PoolSummary>& pools) {
  Json list = Json::array();
  for (const auto& p : pools) {
    Json json{{"name", p.name}};
    if (p.decides) {
      json.update({{"decides", true},
                   {"min", p.min},
                   {"max", p.max},
                   {"wanted", p.wanted},
                   {"pending", p.pending},
                   {"running", p.running},
                   {"draining", p.draining},
                   {"left", p.left},
                   {"cpu", p.node_size.cpu_millis},
                   {"memory", p.node_size.memory_bytes},
                   {"cloud", p.cloud},
                   {"price", p.price_per_hour},
                   {"limit", p.limit},
                   {"error", p.error}});
      if (p.node_size.gpus > 0) json["gpu"] = p.node_size.gpus;
      if (p.budget_per_hour) json["budget"] = *p.budget_per_hour;
    }
    list.push_back(std::move(json));
  }
  return list;
}

std::vector<PoolSummary> read_pools(const Json& list) {
  std::vector<PoolSummary> pools;
  for (const auto& item : list) pools.push_back(read_pool(item));
  return pools;
}

}  // namespace starling::codec
