// One HTTP/JSON request to an agent, bounded in time and size.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace starling {

struct ApiAddress {
  std::string host_port;  // "127.0.0.1:7070"
  std::string token;
};

struct AgentAnswer {
  int status = 0;
  nlohmann::json body;
};

/// For what one agent asks another while somebody waits.
constexpr Duration kPeerTimeout = std::chrono::milliseconds(1500);

/// Sends `method path` with an optional JSON body. Errors: kUnavailable nobody answers there,
/// kTimeout, kTooLarge beyond 64 MiB, kInternal for an answer that is not JSON.
Result<AgentAnswer> ask_agent(const ApiAddress& agent, const std::string& method,
                              const std::string& path, const std::optional<nlohmann::json>& body,
                              Duration timeout);
/// The answer's body, or, for a status of 400 and above, an Error with the agent's own words.
Result<nlohmann::json> body_of(AgentAnswer answer);
/// Both in one.
Result<nlohmann::json> call_agent(const ApiAddress& agent, const std::string& method,
                                  const std::string& path,
                                  const std::optional<nlohmann::json>& body, Duration timeout);
/// For an answer that is no JSON: its bytes, or an Error as above.
Result<std::string> call_agent_for_bytes(const ApiAddress& agent, const std::string& method,
                                         const std::string& path,
                                         const std::optional<nlohmann::json>& body,
                                         Duration timeout);

/// "a b/c" → "a%20b%2Fc": for names in paths and queries.
std::string url_encode(const std::string& text);

}  // namespace starling
