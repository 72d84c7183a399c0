#include "api/http_client.h"

#include <httplib.h>

#include "base/http_status.h"

namespace starling {

using Json = nlohmann::json;

std::string url_encode(const std::string& text) {
  std::string encoded;
  for (const unsigned char c : text) {
    const bool plain = std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~';
    encoded += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return encoded;
}

Result<AgentAnswer> ask_agent(const ApiAddress& agent, const std::string& method,
                              const std::string& path, const std::optional<Json>& body,
                              Duration timeout) {
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
  if (json.is_discarded()) {
    return fail(ErrorCode::kInternal,
                "the agent at {} answered with HTTP status {} and something that is not JSON",
                agent.host_port, answer->status);
  }
  return AgentAnswer{answer->status, std::move(json)};
}

Result<Json> body_of(AgentAnswer answer) {
  if (answer.status < 400) return std::move(answer.body);
  const bool told =
      answer.body.is_object() && answer.body.contains("error") && answer.body["error"].is_string();
  return fail(error_code_of(answer.status), "{}",
              told ? answer.body["error"].get<std::string>()
                   : fmt::format("the agent answered with HTTP status {}", answer.status));
}

Result<Json> call_agent(const ApiAddress& agent, const std::string& method, const std::string& path,
                        const std::optional<Json>& body, Duration timeout) {
  auto answer = ask_agent(agent, method, path, body, timeout);
  if (!answer) return fail(answer.error());
  return body_of(std::move(*answer));
}

}  // namespace starling
