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

  /// Asks the agents in turn until one answers. Errors: the answer's, or kUnavailable when none
  /// does.
  Result<nlohmann::json> call(const std::string& method, const std::string& path,
                              const std::optional<nlohmann::json>& body = std::nullopt,
                              Duration timeout = 10s) const;
};

Result<Fleet> read_fleet(const std::filesystem::path& data);
Status write_fleet(const std::filesystem::path& data, const Fleet& fleet);

}  // namespace starling::cli
