// What is still on a draining node, from the fleet's status, as `starling node drain` tells it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace starling::cli {

/// One replica that is still there.
struct LeftReplica {
  std::string id;
  std::string model;
  std::string state;
  bool unplaced = false;  // nobody has room for its replacement
};

struct DrainState {
  bool known = false;  // the fleet's answer names the node
  std::string state;   // "alive" …
  std::string scheduling;
  std::vector<LeftReplica> replicas;
  int owned = 0;  // models that it still decides for

  bool empty() const { return replicas.empty() && owned == 0; }
};

/// `status`: the answer of /v1/status.
DrainState drain_state(const nlohmann::json& status, const std::string& node);
/// "2 replicas and 1 model left (1 is stopping; no other node has room for 1)"
std::string drain_line(const DrainState& drain);
/// What is left, a table with the reason a replica, for who gives up waiting.
std::string drain_table(const DrainState& drain);
nlohmann::json drain_json(const DrainState& drain, const std::string& node);

}  // namespace starling::cli
