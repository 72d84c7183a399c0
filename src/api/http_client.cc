#include "api/http_client.h"

#include <httplib.h>

#include <charconv>

#include "base/http_status.h"
#include "base/json.h"

namespace starling {

using Json = nlohmann::json;

namespace {

/// The largest answer, a cube's partial aggregates, is bounded well below.
constexpr std::size_t kAnswerBytesMax = 64 << 20;

/// httplib throws at a port that is no number.
bool is_host_port(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  int port = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, port);
  return read.ec == std::errc{} && read.ptr == end && port >= 1 && port <= 65535;
}

struct AgentBytes {
  int status = 0;
  std::string body;
};

Result<AgentBytes> exchange(const ApiAddress& agent, const std::string& method,
                            const std::string& path, const std::optional<Json>& body,
                            Duration timeout) {
  if (!is_host_port(agent.host_port)) {
    return fail(ErrorCode::kInvalid,
                "'{}' is no agent's address: expected host:port, such as 10.0.0.1:8080",
                agent.host_port);
  }
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
  // The client's own time-out starts anew with every byte, so a trickle would never end.
  const auto deadline = std::chrono::steady_clock::now() + whole;
  std::string received;
  bool too_slow = false;
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    too_slow = std::chrono::steady_clock::now() > deadline;
    if (too_slow || received.size() + size > kAnswerBytesMax) return false;
    received.append(data, size);
    return true;
  };
  const auto answer = client.send(request);
  if (!answer && answer.error() == httplib::Error::Canceled && !too_slow) {
    return fail(ErrorCode::kTooLarge, "the agent at {} answered with more than {} MiB",
                agent.host_port, kAnswerBytesMax >> 20);
  }
  if (!answer) {
    const bool slow = too_slow || answer.error() == httplib::Error::Read;
    return fail(slow ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
                "no answer from the agent at {} ({})", agent.host_port,
                httplib::to_string(answer.error()));
  }
  return AgentBytes{answer->status, std::move(received)};
}

Result<AgentAnswer> as_json(const AgentBytes& answer, const ApiAddress& agent) {
  auto json = parse_json(answer.body);
  if (json.is_discarded()) {
    return fail(ErrorCode::kInternal,
                "the agent at {} answered with HTTP status {} and something that is not JSON",
                agent.host_port, answer.status);
  }
  return AgentAnswer{answer.status, std::move(json)};
}

}  // namespace

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
  const auto answer = exchange(agent, method, path, body, timeout);
  if (!answer) return fail(answer.error());
  return as_json(*answer, agent);
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

Result<std::string> call_agent_for_bytes(const ApiAddress& agent, const std::string& method,
                                         const std::string& path, const std::optional<Json>& body,
                                         Duration timeout) {
  auto answer = exchange(agent, method, path, body, timeout);
  if (!answer) return fail(answer.error());
  if (answer->status < 400) return std::move(answer->body);
  auto refusal = as_json(*answer, agent);
  if (!refusal) return fail(refusal.error());
  return fail(body_of(std::move(*refusal)).error());
}

}  // namespace starling
