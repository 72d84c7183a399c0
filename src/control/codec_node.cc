#include "control/codec_node.h"

namespace starling {

void to_json(nlohmann::json& json, const Resources& r) {
  json = {{"cpu", r.cpu_millis}, {"memory", r.memory_bytes}};
  if (r.gpus > 0) json["gpu"] = r.gpus;
}

namespace codec {

Resources read_resources(const Json& json) {
  const Reader r(json);
  return {r.count("cpu"), r.count("memory"), r.has("gpu") ? r.count("gpu", kGpusMax) : 0};
}

Json write(const NodeInfo& n) {
  Json json{{"name", n.name},
            {"cloud", n.cloud},
            {"region", n.region},
            {"zone", n.zone},
            {"cpu", n.cpu_millis},
            {"memory", n.memory_bytes},
            {"price", n.price_per_cpu_hour},
            {"api", n.api_address},
            {"gateway", n.gateway_address}};
  if (n.gpus > 0) json["gpus"] = n.gpus;
  if (n.price_per_gpu_hour > 0) json["gpu_price"] = n.price_per_gpu_hour;
  if (n.price_per_gib_hour > 0) json["gib_price"] = n.price_per_gib_hour;
  if (n.node_class == NodeClass::kSpot) json["spot"] = true;
  return json;
}

NodeInfo read_node(const Json& json) {
  const Reader r(json);
  NodeInfo n{r.text("name"),    r.text("cloud"), r.text("region"),
             r.text("zone"),    r.count("cpu"),  r.count("memory"),
             r.amount("price"), r.text("api"),   r.text("gateway")};
  if (r.has("gpus")) n.gpus = r.count("gpus", kGpusMax);
  n.price_per_gpu_hour = r.amount_or_0("gpu_price");
  n.price_per_gib_hour = r.amount_or_0("gib_price");
  if (r.flag_or_false("spot")) n.node_class = NodeClass::kSpot;
  return n;
}

}  // namespace codec
}  // namespace starling
