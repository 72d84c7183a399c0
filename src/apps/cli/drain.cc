#include "apps/cli/drain.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/counted.h"
#include "base/table.h"

namespace starling::cli {
namespace {

using Json = nlohmann::json;

std::string why_left(const LeftReplica& replica) {
  return replica.state == "draining" ? "finishes its requests"
         : replica.unplaced          ? "no other node has room for its replacement"
                                     : "waits for its replacement";
}

}  // namespace

DrainState drain_state(const Json& status, const std::string& name) {
  DrainState drain;
  for (const auto& node : status.at("nodes")) {
    if (node.value("name", "") != name) continue;
    drain.known = true;
    drain.state = node.value("state", "");
    drain.scheduling = node.value("scheduling", "schedulable");
    drain.owned = node.value("owned_models", 0);
  }
  std::set<std::string> unplaced;
  for (const auto& model : status.at("models")) {
    if (model.value("unplaced", 0) > 0) unplaced.insert(model.value("name", ""));
  }
  for (const auto& replica : status.at("replicas")) {
    if (replica.value("node", "") != name) continue;
    const std::string model = replica.value("model", "");
    drain.replicas.push_back(
        {replica.value("id", ""), model, replica.value("state", ""), unplaced.contains(model)});
  }
  return drain;
}

std::string drain_line(const DrainState& drain) {
  std::string line = counted(drain.replicas.size(), "replica");
  if (drain.owned > 0)
    line += fmt::format(" and {} to decide for",
                        counted(static_cast<std::size_t>(drain.owned), "model"));
  line += " left";
  const auto stopping = std::count_if(drain.replicas.begin(), drain.replicas.end(),
                                      [](const auto& r) { return r.state == "draining"; });
  const auto unplaced =
      std::count_if(drain.replicas.begin(), drain.replicas.end(),
                    [](const auto& r) { return r.state != "draining" && r.unplaced; });
  std::vector<std::string> notes;
  if (stopping > 0)
    notes.push_back(fmt::format("{} {} stopping", stopping, stopping == 1 ? "is" : "are"));
  if (unplaced > 0) notes.push_back(fmt::format("no other node has room to replace {}", unplaced));
  if (!notes.empty()) line += fmt::format(" ({})", fmt::join(notes, "; "));
  return line;
}

std::string drain_table(const DrainState& drain) {
  if (drain.replicas.empty()) return "";
  Table table({"REPLICA", "MODEL", "STATE", "WHY"});
  for (const auto& r : drain.replicas) table.add({r.id, r.model, r.state, why_left(r)});
  return table.text("");
}

Json drain_json(const DrainState& drain, const std::string& node) {
  Json replicas = Json::array();
  for (const auto& r : drain.replicas) {
    replicas.push_back(
        {{"id", r.id}, {"model", r.model}, {"state", r.state}, {"why", why_left(r)}});
  }
  return {{"name", node},           {"state", drain.state},        {"scheduling", drain.scheduling},
          {"empty", drain.empty()}, {"owned_models", drain.owned}, {"replicas", replicas}};
}

}  // namespace starling::cli
