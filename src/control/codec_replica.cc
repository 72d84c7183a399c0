#include "control/codec_replica.h"

#include "control/codec_node.h"

namespace starling::codec {

Json write(const ReplicaStatus& s) {
  Json json{{"id", s.id},
            {"model", s.model},
            {"node", s.node},
            {"generation", s.generation},
            {"state", static_cast<int>(s.state)},
            {"address", s.address},
            {"resources", s.resources},
            {"concurrency", s.concurrency},
            {"started", s.started.time_since_epoch().count()},
            {"cold_start", s.cold_start.count()},
            {"cpu_cores", s.cpu_cores},
            {"memory_used", s.memory_bytes},
            {"memory_kills", s.memory_kills},
            {"epoch", s.epoch}};
  if (!s.devices.empty()) json["devices"] = s.devices;
  return json;
}

ReplicaStatus read_replica(const Json& json) {
  const Reader r(json);
  ReplicaStatus s;
  s.id = r.text("id");
  s.model = r.text("model");
  s.node = r.text("node");
  s.generation = r.unsigned64("generation");
  s.state = static_cast<ReplicaState>(r.count("state", static_cast<int>(ReplicaState::kDraining)));
  s.address = r.text("address");
  s.resources = read_resources(r.at("resources"));
  s.concurrency = static_cast<int>(r.count("concurrency", 1000));
  s.started = r.time("started");
  s.cold_start = Duration(r.count("cold_start"));
  s.cpu_cores = r.amount("cpu_cores");
  if (r.has("memory_used")) s.memory_bytes = r.count("memory_used");
  if (r.has("memory_kills")) s.memory_kills = r.count("memory_kills");
  s.epoch = r.epoch();
  if (r.has("devices")) {
    for (const double device : r.amounts("devices")) {
      if (device > static_cast<double>(kGpusMax)) throw Malformed("field 'devices': too high");
      s.devices.push_back(static_cast<int>(device));
    }
  }
  return s;
}

Json write_replicas(const std::vector<ReplicaStatus>& replicas) {
  Json list = Json::array();
  for (const auto& replica : replicas) list.push_back(write(replica));
  return list;
}

std::vector<ReplicaStatus> read_replicas(const Json& list) {
  std::vector<ReplicaStatus> replicas;
  for (const auto& item : list) replicas.push_back(read_replica(item));
  return replicas;
}

}  // namespace starling::codec
