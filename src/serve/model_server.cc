#include "serve/model_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "base/http_status.h"
#include "base/log.h"
#include "serve/admission.h"
#include "serve/connection_threads.h"
#include "serve/in_flight.h"
#include "serve/protocol.h"
#include "serve/serve_metrics.h"

namespace starling {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kServiceHeader = "x-starling-service-us";
// Connections above those that concurrency and queue account for: health checks, metrics, idle
// keep-alives.
constexpr std::size_t kSpareConnections = 256;
constexpr int kListenBacklog = 512;  // httplib's own is 5, which a burst of connections overflows

void answer_error(httplib::Response& response, const Error& error) {
  response.status = http_status_of(error.code);
  response.set_content(error_body(error.message), kJson);
}

/// The words for an error that httplib itself found.
std::string message_of(int status, std::int64_t body_bytes_max) {
  if (status == 404) return "no such path: the protocol is the Open Inference Protocol v2";
  if (status == 413) return fmt::format("the body is longer than {} bytes", body_bytes_max);
  if (status == 414) return "the path is too long";
  return fmt::format("the request can't be read (HTTP {})", status);
}

/// Set from an inference's handler to httplib's logger, which both run on the connection's thread.
thread_local bool answering_inference = false;

}  // namespace

class ModelServer::Impl {
 public:
  Impl(ModelServerOptions options, std::unique_ptr<Model> model)
      : options_(std::move(options)),
        model_(std::move(model)),
        admission_(options_.concurrency, options_.queue),
        metrics_(options_.model) {
    set_up_http();
    set_up_routes();
  }

  ~Impl() {
    http_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Result<int> start();
  void drain();

 private:
  using Request = httplib::Request;
  using Response = httplib::Response;

  class Listener final : public httplib::Server {
   public:
    void deepen_backlog() { ::listen(svr_sock_, kListenBacklog); }
  };

  void set_up_http();
  void set_up_routes();
  void ready(Response& response, bool with_name) const;
  /// False, with a 404 answered, when the path names another model or version.
  bool names_model(const Request& request, Response& response) const;
  Result<std::string> read_body(const Request& request,
                                const httplib::ContentReader& content) const;
  void infer(const Request& request, const std::string& body, Response& response);
  Result<std::string> infer_body(const Request& request, const std::string& body,
                                 Response& response);

  ModelServerOptions options_;
  std::unique_ptr<Model> model_;
  Admission admission_;
  ServeMetrics metrics_;
  InFlight in_flight_;
  std::atomic<bool> ready_{false};
  Listener http_;
  std::thread thread_;
};

void ModelServer::Impl::set_up_http() {
  const auto threads_max =
      static_cast<std::size_t>(options_.concurrency + options_.queue) + kSpareConnections;
  http_.new_task_queue = [threads_max] { return new ConnectionThreads(threads_max); };
  http_.set_tcp_nodelay(true);
  // httplib's default also sets SO_REUSEPORT: a second replica on the port would take half of its
  // requests.
  http_.set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  http_.set_keep_alive_max_count(1'000'000);
  http_.set_payload_max_length(static_cast<std::size_t>(options_.body_bytes_max));
  http_.set_error_handler(httplib::Server::Handler([this](const Request&, Response& response) {
    if (response.body.empty()) {
      response.set_content(error_body(message_of(response.status, options_.body_bytes_max)), kJson);
    }
  }));
  http_.set_exception_handler([](const Request&, Response& response, std::exception_ptr) {
    answer_error(response, {ErrorCode::kInternal, "the replica failed on this request"});
  });
  // httplib calls its logger once the answer has been written, which ends a request's flight.
  http_.set_logger([this](const Request&, const Response&) {
    if (std::exchange(answering_inference, false)) in_flight_.end();
  });
}

void ModelServer::Impl::set_up_routes() {
  http_.Get("/v2/?", [](const Request&, Response& response) {
    response.set_content(server_metadata_body(), kJson);
  });
  http_.Get("/v2/health/live", [](const Request&, Response& response) {
    response.set_content(R"({"live":true})", kJson);
  });
  http_.Get("/v2/health/ready",
            [this](const Request&, Response& response) { ready(response, false); });
  http_.Get("/metrics", [this](const Request&, Response& response) {
    response.set_content(metrics_.text(admission_.running(), admission_.waiting(), ready_),
                         "text/plain; version=0.0.4");
  });
  const std::string model = "/v2/models/([^/]+)(?:/versions/([^/]+))?";
  http_.Get(model, [this](const Request& request, Response& response) {
    if (!names_model(request, response)) return;
    response.set_content(model_metadata_body(options_.model, model_->metadata()), kJson);
  });
  http_.Get(model + "/ready", [this](const Request& request, Response& response) {
    if (names_model(request, response)) ready(response, true);
  });
  // httplib refuses bodies over 8 KiB of the type that `curl -d` sends, unless the handler reads
  // them itself.
  http_.Post(model + "/infer", [this](const Request& request, Response& response,
                                      const httplib::ContentReader& content) {
    const auto body = read_body(request, content);
    if (!body) {
      if (response.status != 413) answer_error(response, body.error());
    } else if (names_model(request, response)) {
      infer(request, *body, response);
    }
  });
  // httplib reads the body of what nobody takes, too, and bounds only one whose length is stated.
  // It is read all the same: what is left of it would be taken for the connection's next request.
  const auto nowhere = [this](const Request& request, Response& response,
                              const httplib::ContentReader& content) {
    const auto body = read_body(request, content);
    if (!body && response.status == 413) return;
    if (!body) return answer_error(response, body.error());
    answer_error(response,
                 {ErrorCode::kNotFound, "no such path: inference is POST /v2/models/NAME/infer"});
  };
  http_.Post(".*", nowhere);
  http_.Put(".*", nowhere);
  http_.Patch(".*", nowhere);
  http_.Delete(".*", nowhere);
}

void ModelServer::Impl::ready(Response& response, bool with_name) const {
  nlohmann::json body{{"ready", ready_.load()}};
  if (with_name) body["name"] = options_.model;
  response.status = ready_ ? 200 : 503;
  response.set_content(body.dump(), kJson);
}

bool ModelServer::Impl::names_model(const Request& request, Response& response) const {
  const std::string name = request.matches[1];
  const std::string version = request.matches[2];
  if (name != options_.model) {
    answer_error(response, {ErrorCode::kNotFound,
                            fmt::format("model '{}' is not here: this replica serves '{}'",
                                        name.substr(0, 80), options_.model)});
    return false;
  }
  if (!version.empty() && version != kModelVersion) {
    answer_error(response,
                 {ErrorCode::kNotFound, fmt::format("model '{}' has no version '{}': it has {}",
                                                    name, version.substr(0, 80), kModelVersion)});
    return false;
  }
  return true;
}

Result<std::string> ModelServer::Impl::read_body(const Request& request,
                                                 const httplib::ContentReader& content) const {
  if (request.is_multipart_form_data()) {
    content([](const httplib::MultipartFormData&) { return true; },
            [](const char*, std::size_t) { return true; });
    return fail(ErrorCode::kInvalid, "the body is a form: expected JSON");
  }
  // httplib bounds the bytes on the wire; a compressed body can be a thousand times longer.
  const auto bytes_max = static_cast<std::size_t>(options_.body_bytes_max);
  std::string body;
  bool too_long = false;
  const bool whole = content([&](const char* bytes, std::size_t count) {
    too_long = body.size() + count > bytes_max;
    if (!too_long) body.append(bytes, count);
    return !too_long;
  });
  if (too_long) return fail(ErrorCode::kTooLarge, "{}", message_of(413, options_.body_bytes_max));
  if (!whole) return fail(ErrorCode::kInvalid, "the body ended early");
  return body;
}

void ModelServer::Impl::infer(const Request& request, const std::string& body, Response& response) {
  const auto start = std::chrono::steady_clock::now();
  in_flight_.begin();
  answering_inference = true;
  const auto answer = infer_body(request, body, response);
  if (answer) {
    response.status = 200;
    response.set_content(*answer, kJson);
  } else {
    answer_error(response, answer.error());
  }
  metrics_.answered(response.status,
                    std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - start));
}

Result<std::string> ModelServer::Impl::infer_body(const Request& request, const std::string& body,
                                                  Response& response) {
  if (request.has_header("Inference-Header-Content-Length")) {
    return fail(ErrorCode::kInvalid,
                "the binary tensor extension is not supported: send the data as JSON");
  }
  // Reading the body happens inside, too: a parsed body takes many times its bytes, and it costs
  // CPU.
  const auto ticket = admission_.enter();
  if (!ticket) return fail(ticket.error());
  auto parsed = parse_infer_request(body, model_->metadata());
  if (!parsed) return fail(parsed.error());
  auto inference = model_->infer(parsed->inputs);
  if (!inference) return fail(inference.error());
  metrics_.served(inference->service);
  response.set_header(kServiceHeader, std::to_string(inference->service.count()));
  return infer_response(options_.model, *parsed, inference->outputs);
}

Result<int> ModelServer::Impl::start() {
  int port = options_.port;
  const bool bound = port == 0 ? (port = http_.bind_to_any_port(options_.host)) > 0
                               : http_.bind_to_port(options_.host, port);
  if (!bound) {
    return fail(ErrorCode::kUnavailable,
                "cannot listen on {}:{}: the port is taken or the address is not this machine's",
                options_.host, options_.port);
  }
  http_.deepen_backlog();
  ready_ = true;
  thread_ = std::thread([this] { http_.listen_after_bind(); });
  // httplib ignores a `stop` that comes before its loop runs.
  while (!http_.is_running()) std::this_thread::sleep_for(std::chrono::microseconds(100));
  return port;
}

void ModelServer::Impl::drain() {
  ready_ = false;
  admission_.close();
  in_flight_.wait_for_none();
}

ModelServer::ModelServer(ModelServerOptions options, std::unique_ptr<Model> model)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(model))) {}

ModelServer::~ModelServer() = default;

Result<int> ModelServer::start() { return impl_->start(); }

void ModelServer::drain() { impl_->drain(); }

}  // namespace starling
