// How the command line finds a fleet, and asks whichever of its agents answers.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "api/http_client.h"
#include "base/result.h"

namespace starling::cli {

struct FleetNode {
  std::string name;
  std::string cloud;
  std::string api;      // "host:port"
  std::string gateway;  // "host:port"
  int pid = 0;          // of its agent
};

/// The fleet.json that `starling up` leaves in its data directory.
struct Fleet {
  std::string name;
  std::string token;
  std::vector<FleetNode> nodes;
  bool by_server = false;  // one agent that --server names, not a fleet.json

  /// Asks the agents in turn until one answers. Errors: the answer's, or kUnavailable with what
  /// became of each attempt when none does.
  Result<nlohmann::json> call(const std::string& method, const std::string& path,
                              const std::optional<nlohmann::json>& body = std::nullopt,
                              Duration timeout = 10s) const;
};

/// An agent's address as users write it: "http://10.0.0.11:7070/" → "10.0.0.11:7070". Errors: it is
/// no host with a port.
Result<std::string> agent_address(const std::string& text);

Result<Fleet> read_fleet(const std::filesystem::path& data);
Status write_fleet(const std::filesystem::path& data, const Fleet& fleet);

}  // namespace starling::cli
