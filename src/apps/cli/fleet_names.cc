// Implements apps/cli/fleet_names.h.
#include "apps/cli/fleet_names.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "sim/replay.h"

namespace starling::cli {
namespace {

using Words = std::vector<std::string>;

constexpr Duration kPatience = 500ms;  // of each request: somebody waits for the next letter
constexpr std::size_t kAgentsAsked = 2;

/// As an option among the words, or its variable, says.
std::string setting(const Words& words, const std::string& option, const char* variable,
                    const std::string& otherwise) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == option && i + 1 < words.size()) return words[i + 1];
    if (words[i].starts_with(option + "=")) return words[i].substr(option.size() + 1);
  }
  const char* value = std::getenv(variable);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

std::optional<Fleet> fleet_among(const Words& words) {
  const std::string server = setting(words, "--server", "STARLING_SERVER", "");
  if (server.empty()) {
    auto fleet = read_fleet(setting(words, "--fleet", "STARLING_FLEET", Common{}.data));
    if (!fleet) return std::nullopt;
    fleet->nodes.resize(std::min(fleet->nodes.size(), kAgentsAsked));
    return *fleet;
  }
  const auto address = agent_address(server);
  if (!address) return std::nullopt;
  Fleet fleet;
  fleet.token = setting(words, "--token", "STARLING_TOKEN", "");
  fleet.nodes.push_back({*address, "", *address, "", 0});
  return fleet;
}

/// `kind`: models, nodes, replicas or pools.
Words names_in(const std::optional<Fleet>& fleet, const std::string& kind) {
  Words names;
  if (!fleet) return names;
  const auto list = fleet->call("GET", "/v1/" + kind, std::nullopt, kPatience);
  if (!list || !list->is_array()) return names;
  const char* const key = kind == "replicas" ? "id" : "name";
  for (const auto& item : *list) {
    if (item.is_object() && item.contains(key) && item[key].is_string())
      names.push_back(item[key].get<std::string>());
  }
  return names;
}

bool is_path(const std::string& option) {
  static const std::set<std::string> kPaths{"--filename", "--fleet", "--data",
                                            "--report",   "--plot",  "--output"};
  return kPaths.contains(option);
}

/// The kind of things that a place names, "models"; empty: it names none of the fleet's.
std::string kind_at(const ValuePlace& place) {
  if (place.option == "model" || place.option == "--model") return "models";
  if (place.option == "node" || place.option == "--node") return "nodes";
  if (place.option != "name" || place.earlier.empty()) return "";
  std::string kind = place.earlier.front();
  if (!kind.ends_with('s')) kind += 's';
  return kind == "decisions" ? "models" : kind;
}

}  // namespace

ValueNames fleet_names(const Words& words) {
  return [words](const ValuePlace& place) -> std::optional<Words> {
    if (place.option == "kind")
      return place.command == "describe"
                 ? Words{"model", "node", "replica", "pool"}
                 : Words{"models", "nodes", "replicas", "decisions", "pools"};
    if (is_path(place.option)) return std::nullopt;
    if (place.option == "--policy") return replay_policies();
    const auto fleet = fleet_among(words);
    if (place.command == "logs" && place.option == "name") {
      Words names = names_in(fleet, "models");
      const Words replicas = names_in(fleet, "replicas");
      names.insert(names.end(), replicas.begin(), replicas.end());
      return names;
    }
    const std::string kind = kind_at(place);
    return kind.empty() ? Words{} : names_in(fleet, kind);
  };
}

}  // namespace starling::cli
