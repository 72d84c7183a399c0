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

/// Sends `method path` with an optional JSON body and returns the JSON answer. An answer that is an
/// error becomes an Error with the agent's own words. Errors: kUnavailable nobody answers there,
/// kTimeout, and what the agent says.
Result<nlohmann::json> call_agent(const ApiAddress& agent, const std::string& method,
                                  const std::string& path,
                                  const std::optional<nlohmann::json>& body, Duration timeout);

/// "a b/c" → "a%20b%2Fc": for names in paths and queries.
std::string url_encode(const std::string& text);

/// The HTTP status of an error, and the other way round.
int http_status_of(ErrorCode code);
ErrorCode error_code_of(int http_status);

}  // namespace starling
