// One question in SQL to the history of every node.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/cli/fleet.h"

namespace starling::cli {

/// Where the histories of a fleet are, as one agent knows its nodes.
struct Histories {
  struct Node {
    std::string name;
    ApiAddress agent;
  };
  std::vector<Node> nodes;
  nlohmann::json missing = nlohmann::json::array();  // [{"node", "reason"}]: who does not answer

  /// Asks all at once and returns each answer's rows. A node that does not answer becomes missing
  /// and is not asked again.
  std::vector<nlohmann::json> ask(const std::string& sql);
};

/// `nodes` as GET /v1/nodes lists them; those that are dead or have left are missing.
Histories histories_of(const nlohmann::json& nodes, const std::string& token);

/// The text as a constant in SQL.
std::string sql_text(const std::string& text);

}  // namespace starling::cli
