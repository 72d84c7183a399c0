#include "apps/cli/fleet.h"

#include <fmt/ranges.h>

#include <charconv>

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

/// What became of each attempt, the first few of a large fleet, and how to mend it.
Error unanswered(const Fleet& fleet, std::vector<std::string> attempts) {
  constexpr std::size_t kAttemptsShown = 5;
  std::string more;
  if (attempts.size() > kAttemptsShown) {
    more = fmt::format("; and {} agents more", attempts.size() - kAttemptsShown);
    attempts.resize(kAttemptsShown);
  }
  return {ErrorCode::kUnavailable,
          fmt::format("no agent answers: {}{}. {}", fmt::join(attempts, "; "), more,
                      fleet.by_server
                          ? "Does an agent run there? --server (STARLING_SERVER) is to be the "
                            "host:port of its API"
                          : "Is the fleet up? Start one with `starling up`")};
}

bool is_port(std::string_view text) {
  int port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size() && port >= 1 &&
         port <= 65535;
}

}  // namespace

Result<Json> Fleet::call(const std::string& method, const std::string& path,
                         const std::optional<Json>& body, Duration timeout) const {
  std::vector<std::string> attempts;
  for (const auto& node : nodes) {
    auto answer = ask_agent({node.api, token}, method, path, body, timeout);
    if (answer && answer->status == kUnauthorised) return fail(refused(node.api, token));
    if (answer) return body_of(std::move(*answer));  // also a refusal is the fleet's answer
    // A question may be asked again elsewhere; a change that was sent may have been made.
    const bool safe = answer.error().code == ErrorCode::kUnavailable || method == "GET";
    if (!safe || answer.error().code == ErrorCode::kTooLarge) return fail(answer.error());
    attempts.push_back(answer.error().message);
  }
  return fail(unanswered(*this, std::move(attempts)));
}

Result<std::string> agent_address(const std::string& text) {
  constexpr std::string_view kScheme = "http://";
  std::string address = text;
  if (address.starts_with(kScheme)) address.erase(0, kScheme.size());
  while (address.ends_with('/')) address.pop_back();
  const auto colon = address.rfind(':');
  const bool named =
      colon != std::string::npos && colon > 0 && address.find('/') == std::string::npos;
  if (!named || !is_port(std::string_view(address).substr(colon + 1))) {
    return fail(ErrorCode::kInvalid, "'{}' is not host:port such as 10.0.0.11:7070", text);
  }
  return address;
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
