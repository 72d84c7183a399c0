#include "api/http_client.h"

#include <httplib.h>

namespace starling {

using Json = nlohmann::json;

int http_status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return 400;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kTooLarge:
      return 413;
    case ErrorCode::kUnavailable:
      return 503;
    case ErrorCode::kTimeout:
      return 504;
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

ErrorCode error_code_of(int http_status) {
  for (const auto code : {ErrorCode::kInvalid, ErrorCode::kNotFound, ErrorCode::kConflict,
                          ErrorCode::kTooLarge, ErrorCode::kUnavailable, ErrorCode::kTimeout}) {
    if (http_status_of(code) == http_status) return code;
  }
  return http_status >= 400 && http_status < 500 ? ErrorCode::kInvalid : ErrorCode::kInternal;
}

std::string url_encode(const std::string& text) {
  std::string encoded;
  for (const unsigned char c : text) {
    const bool plain = std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~';
    encoded += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return encoded;
}

Result<Json> call_agent(const ApiAddress& agent, const std::string& method, const std::string& path,
                        const std::optional<Json>& body, Duration timeout) {
  httplib::Client client("http://" + agent.host_port);
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(timeout);
  client.set_connection_timeout(std::min<std::chrono::milliseconds>(whole, 2s));
  client.set_read_timeout(whole);
  client.set_write_timeout(whole);
  client.set_tcp_nodelay(true);
  client.set_default_headers({{"Authorization", "Bearer " + agent.token}});
  httplib::Request request;
  request.method = method;
  request.path = path;
  if (body) {
    request.body = body->dump(-1, ' ', false, Json::error_handler_t::replace);
    request.headers.emplace("Content-Type", "application/json");
  }
  const auto answer = client.send(request);
  if (!answer) {
    const bool slow = answer.error() == httplib::Error::Read;
    return fail(slow ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
                "no answer from the agent at {} ({})", agent.host_port,
                httplib::to_string(answer.error()));
  }
  auto json = Json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  if (answer->status >= 400) {
    const bool told = json.is_object() && json.contains("error") && json["error"].is_string();
    return fail(error_code_of(answer->status), "{}",
                told ? json["error"].get<std::string>()
                     : fmt::format("the agent at {} answered with HTTP status {}", agent.host_port,
                                   answer->status));
  }
  if (json.is_discarded()) {
    return fail(ErrorCode::kInternal, "the agent at {} answered with something that is not JSON",
                agent.host_port);
  }
  return json;
}

}  // namespace starling
