#include "gateway/haproxy_config.h"

#include <fmt/format.h>

namespace starling {
namespace {

/// One line a status that HAProxy itself can answer with, so that clients read JSON whoever failed.
constexpr const char* kErrors = R"(
  http-error status 400 content-type application/json string '{"error":"not an HTTP request"}'
  http-error status 408 content-type application/json string '{"error":"the request did not arrive in time"}'
  http-error status 500 content-type application/json string '{"error":"the gateway failed"}'
  http-error status 502 content-type application/json string '{"error":"the replica closed the connection without an answer"}'
  http-error status 503 content-type application/json string '{"error":"no replica was free in time; try again later"}'
  http-error status 504 content-type application/json string '{"error":"the replica did not answer in time"}'
)";

std::string global_section(const HaproxyFiles& files) {
  // `grace`: told to stop, it says that it is not ready before it closes its port, so that a load
  // balancer in front can turn to another gateway.
  // One thread: with several, leastconn and maxconn act on counters that lag behind one another,
  // and one core of HAProxy carries far more requests than one machine's models.
  return fmt::format(R"(global
  stats socket {} mode 600 level admin
  stats timeout 10s
  nbthread 1
  noreuseport
  grace 1s
  maxconn 8192
  tune.bufsize {}
)",
                     files.runtime_socket.string(), 128 * 1024);
}

std::string log_section(const HaproxyFiles& files) {
  // A ring over a stream: a datagram socket would lose lines beyond net.unix.max_dgram_qlen (10).
  return fmt::format(R"(
ring requests
  format raw
  maxlen 1024
  size 4194304
  timeout connect 1s
  timeout server 10s
  server gateway unix@{}
)",
                     files.log_socket.string());
}

std::string defaults_section(const HaproxyOptions& options) {
  const auto milliseconds = [](Duration d) { return d / 1ms; };
  // Inference is idempotent, so a request whose replica went away is sent again, elsewhere.
  return fmt::format(R"(
defaults
  mode http
  log ring@requests len 1024 format raw local0 info
  option http-buffer-request
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response
  http-reuse always
  timeout connect 1s
  timeout http-request 10s
  timeout http-keep-alive 60s
  timeout client {}ms
  timeout server {}ms
  timeout queue {}ms{})",
                     milliseconds(options.request_timeout), milliseconds(options.request_timeout),
                     milliseconds(options.queue_timeout), kErrors);
}

std::string frontend_section(const HaproxyOptions& options, const HaproxyFiles& files) {
  // HAProxy's timers have milliseconds only; its clock has microseconds, so the line carries both
  // (see RequestLine).
  return fmt::format(R"(
frontend models
  bind {0}:{1}
  http-request set-var(txn.begin) date(0,us)
  http-request set-var(txn.model) path,field(4,/) if {{ path_beg /v2/models/ }}
  http-request set-var(txn.limit) var(txn.model),map_str_int({3})
  http-request set-var(txn.retry) var(txn.model),map_str_int({4},1)
  http-request set-log-level silent if {{ path_beg /v2/health/ }}
  log-format "request %[var(txn.model)] %ST %ts %[date(0,us),sub(txn.begin)] %Ta %[var(txn.service)]"
  http-request return status 200 content-type application/json string '{{"live":true}}' if {{ path /v2/health/live }}
  http-request return status 503 content-type application/json string '{{"ready":false}}' if {{ path /v2/health/ready }} {{ stopping }} or {{ path /v2/health/ready }} !{{ str(/routes),map({2}) -m found }}
  http-request return status 200 content-type application/json string '{{"ready":true}}' if {{ path /v2/health/ready }}
  use_backend %[var(txn.model),map({2},unknown_model)] if {{ path_beg /v2/models/ }}
  default_backend unknown_path

backend unknown_model
  http-request return status 503 content-type application/json hdr retry-after 1 string '{{"error":"this gateway has just started and does not know the models yet; try again in 1 s"}}' if !{{ str(/routes),map({2}) -m found }}
  http-request return status 404 content-type application/json lf-string '{{"error":"there is no model named %[var(txn.model),json(utf8s)]"}}'

backend unknown_path
  http-request return status 404 content-type application/json string '{{"error":"not found: models are at /v2/models/<name>/infer"}}'
)",
                     options.host, options.port, files.map.string(), files.limits.string(),
                     files.retries.string());
}

std::string slot_section(int slot, const HaproxyFiles& files) {
  // `allbackups` makes HAProxy queue at the backend, whose queue a new server takes over at once;
  // a single backup's own queue would stay with it. `be_conn` counts the request itself too.
  return fmt::format(R"(
backend {0}
  balance leastconn
  option allbackups
  http-request return status 429 content-type application/json hdr retry-after %[var(txn.retry)] lf-string '{{"error":"no replica would be free in time for the SLO of this model; try again in %[var(txn.retry)] s"}}' if {{ var(txn.limit) -m found }} {{ be_conn({0}),sub(txn.limit) gt 0 }}
  http-response set-var(txn.service) res.hdr(x-starling-service-us)
  server {1} unix@{2} backup maxconn 1
)",
                     slot_backend(slot), kStandIn, files.hold_socket.string());
}

}  // namespace

HaproxyFiles haproxy_files(const HaproxyOptions& options) {
  const auto& folder = options.directory;
  return {.configuration = folder / "haproxy.cfg",
          .map = folder / "models.map",
          .messages = folder / "haproxy.log",
          .limits = folder / "limits.map",
          .retries = folder / "retries.map",
          .runtime_socket = folder / "runtime.sock",
          .log_socket = folder / "requests.sock",
          .hold_socket = folder / "hold.sock"};
}

std::string slot_backend(int slot) { return fmt::format("slot{}", slot); }

std::string haproxy_config_text(const HaproxyOptions& options) {
  const auto files = haproxy_files(options);
  std::string text = global_section(files) + log_section(files) + defaults_section(options) +
                     frontend_section(options, files);
  for (int slot = 0; slot < options.slots; ++slot) text += slot_section(slot, files);
  return text;
}

std::string haproxy_map_text(const std::map<std::string, int>& slot_of_model, bool routes_known) {
  std::string text = routes_known ? fmt::format("{}\n", kRoutesKnown) : "";
  for (const auto& [model, slot] : slot_of_model) {
    text += fmt::format("{} {}\n", model, slot_backend(slot));
  }
  return text;
}

}  // namespace starling
