#include "apps/cli/fleet.h"

#include "base/file.h"
#include "base/json.h"

namespace starling::cli {

using Json = nlohmann::json;

namespace {

constexpr int kUnauthorised = 401;

Error refused(const std::string& agent, const std::string& token) {
  constexpr const char* kWhere = "it is in fleet.json of the fleet's data directory";
  if (token.empty())
    return {ErrorCode::kInvalid,
            fmt::format("the agent at {} asks for the fleet's token: give it with --token or "
                        "STARLING_TOKEN; {}",
                        agent, kWhere)};
  return {ErrorCode::kInvalid,
          fmt::format("the agent at {} knows another token than the one given; {}", agent, kWhere)};
}

}  // namespace

Result<Json> Fleet::call(const std::string& method, const std::string& path,
                         const std::optional<Json>& body, Duration timeout) const {
  std::string tried;
  for (const auto& node : nodes) {
    auto answer = ask_agent({node.api, token}, method, path, body, timeout);
    if (answer && answer->status == kUnauthorised) return fail(refused(node.api, token));
    if (answer) return body_of(std::move(*answer));  // also a refusal is the fleet's answer
    // A question may be asked again elsewhere; a change that was sent may have been made.
    const bool safe = answer.error().code == ErrorCode::kUnavailable || method == "GET";
    if (!safe) return fail(answer.error());
    tried += (tried.empty() ? "" : ", ") + node.api;
  }
  return fail(ErrorCode::kUnavailable,
              "no agent answers (tried {}): is the fleet up? Start one with `starling up`", tried);
}

Result<Fleet> read_fleet(const std::filesystem::path& data) {
  const auto path = data / "fleet.json";
  const auto text = read_file(path);
  if (!text) {
    return fail(ErrorCode::kNotFound,
                "{}: no fleet there: start one with `starling up`, name its data directory "
                "with --fleet, or an agent with --server and --token",
                path.string());
  }
  const auto json = parse_json(*text);
  try {
    Fleet fleet;
    fleet.name = json.at("fleet").get<std::string>();
    fleet.token = json.at("token").get<std::string>();
    for (const auto& node : json.at("nodes")) {
      fleet.nodes.push_back(
          {node.at("name"), node.at("cloud"), node.at("api"), node.at("gateway"), node.at("pid")});
    }
    return fleet;
  } catch (const Json::exception& e) {
    return fail(ErrorCode::kInvalid,
                "{}: not a fleet file ({}): start the fleet again with `starling up`",
                path.string(), e.what());
  }
}

Status write_fleet(const std::filesystem::path& data, const Fleet& fleet) {
  Json nodes = Json::array();
  for (const auto& n : fleet.nodes) {
    nodes.push_back({{"name", n.name},
                     {"cloud", n.cloud},
                     {"api", n.api},
                     {"gateway", n.gateway},
                     {"pid", n.pid}});
  }
  const Json json{{"fleet", fleet.name}, {"token", fleet.token}, {"nodes", nodes}};
  return write_file_atomically(data / "fleet.json", json.dump(2) + "\n", 0600);
}

}  // namespace starling::cli
