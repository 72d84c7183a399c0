#include "api/server.h"

#include <httplib.h>

#include <algorithm>
#include <thread>

#include "api/answer.h"
#include "api/ask_peers.h"
#include "api/await_view.h"
#include "api/bounded_server.h"
#include "api/cube_routes.h"
#include "api/fleet_json.h"
#include "api/history_routes.h"
#include "api/http_client.h"
#include "api/log_routes.h"
#include "api/node_routes.h"
#include "api/pool_json.h"
#include "base/json.h"
#include "base/nearest.h"

namespace starling {

using Json = nlohmann::json;

namespace {

constexpr std::size_t kDecisionsMax = 1000;

/// Takes as long for a wrong token as for the right one.
bool same_secret(const std::string& a, const std::string& b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

struct Refusal {
  int status = 0;
  const char* message = "";
};

/// httplib reads a body before it looks for the request's path, and bounds only one whose length is
/// stated and that is as long when it was unpacked.
std::optional<Refusal> problem_of_body(const httplib::Request& request, bool of_fleet) {
  const bool writes = request.method == "POST" || request.method == "PUT" ||
                      request.method == "PATCH" || request.method == "DELETE";
  if (!writes) return std::nullopt;
  if (!of_fleet) return Refusal{404, "no such path: nothing but /v1/ takes this method"};
  if (request.has_header("Content-Encoding"))
    return Refusal{415, "send the body as it is: a compressed one is not taken"};
  if (request.has_header("Transfer-Encoding"))
    return Refusal{411, "send the body in one piece, with its Content-Length"};
  return std::nullopt;
}

class HttplibApiServer final : public ApiServer {
 public:
  HttplibApiServer(const ApiOptions& options, ApiBackend& backend)
      : options_(options), backend_(backend), server_(options.bounds) {
    server_.new_task_queue = [threads = options.threads] {
      return new httplib::ThreadPool(static_cast<std::size_t>(threads));
    };
    server_.set_tcp_nodelay(true);
    server_.set_payload_max_length(options.body_bytes_max);
    server_.set_keep_alive_timeout(2);
    server_.set_pre_routing_handler(
        [this](const auto& request, auto& response) { return admit(request, response); });
    server_.set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (!response.body.empty()) return;
      answer(response,
             {{"error", response.status == 413 ? "the body is too large"
                        : response.status == 404
                            ? "no such path: see /v1/status, /v1/models, /v1/nodes, /v1/decisions"
                            : fmt::format("HTTP status {}", response.status)}});
    });
    add_routes();
  }

  ~HttplibApiServer() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Status listen() {
    // The default would let two agents share a port, each getting half of the requests.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    if (!server_.bind_to_port(options_.host, options_.port)) {
      return fail(
          ErrorCode::kConflict,
          "cannot listen on {}:{} for the API: the port is taken or the address is not this "
          "machine's; stop what uses the port, or choose another",
          options_.host, options_.port);
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running())
      std::this_thread::sleep_for(1ms);  // stop() before that would be lost
    return {};
  }

 private:
  using Request = httplib::Request;
  using Response = httplib::Response;

  httplib::Server::HandlerResponse admit(const Request& request, Response& response) const {
    const bool of_fleet = request.path.starts_with("/v1/");
    if (const auto problem = problem_of_body(request, of_fleet)) {
      response.status = problem->status;
      response.set_header("Connection", "close");  // for the body stays unread
      answer(response, {{"error", problem->message}});
      return httplib::Server::HandlerResponse::Handled;
    }
    if (!of_fleet) return httplib::Server::HandlerResponse::Unhandled;
    if (same_secret(request.get_header_value("Authorization"), "Bearer " + options_.token)) {
      return httplib::Server::HandlerResponse::Unhandled;
    }
    response.status = 401;
    response.set_header("Connection", "close");
    answer(response,
           {{"error",
             "not authorised: send the fleet's token as 'Authorization: Bearer …'; it is in "
             "fleet.json of the fleet's data directory"}});
    return httplib::Server::HandlerResponse::Handled;
  }

  void add_routes() {
    server_.Get("/healthz", [](const Request&, Response& r) { answer(r, {{"live", true}}); });
    server_.Get("/metrics", [this](const Request&, Response& r) {
      r.set_content(prometheus_text(*backend_.view(), backend_.counters()),
                    "text/plain; version=0.0.4");
    });
    server_.Get("/v1/status", [this](const Request&, Response& r) {
      answer(r, status_json(*backend_.view(), backend_.specs_seen()));
    });
    server_.Get("/v1/nodes",
                [this](const Request&, Response& r) { answer(r, nodes_json(*backend_.view())); });
    server_.Get("/v1/pools",
                [this](const Request&, Response& r) { answer(r, pools_json(*backend_.view())); });
    server_.Get("/v1/models",
                [this](const Request&, Response& r) { answer(r, models_json(*backend_.view())); });
    server_.Get("/v1/replicas", [this](const Request&, Response& r) {
      answer(r, replicas_json(*backend_.view()));
    });
    server_.Get("/v1/decisions", [this](const Request& q, Response& r) { get_decisions(q, r); });
    server_.Get(R"(/v1/models/([^/]+))",
                [this](const Request& q, Response& r) { get_model(q, r); });
    server_.Put(R"(/v1/models/([^/]+))",
                [this](const Request& q, Response& r) { put_model(q, r); });
    server_.Delete(R"(/v1/models/([^/]+))",
                   [this](const Request& q, Response& r) { delete_model(q, r); });
    server_.Get(R"(/v1/models/([^/]+)/explain)",
                [this](const Request& q, Response& r) { explain(q, r); });
    add_node_routes(server_, backend_, options_.token);
    server_.Get("/v1/learning", [this](const Request& q, Response& r) { get_learning(q, r); });
    add_history_routes(server_, backend_);
    add_cube_routes(server_, backend_, options_.token);
    add_log_routes(server_, backend_, options_.token);
  }

  static const ModelView* find(const FleetView& view, const std::string& name) {
    const auto found = std::find_if(view.models.begin(), view.models.end(),
                                    [&](const ModelView& m) { return m.spec.spec.name == name; });
    return found == view.models.end() ? nullptr : &*found;
  }

  static Error unknown_model(const FleetView& view, const std::string& name) {
    std::vector<std::string> names;
    for (const auto& m : view.models) names.push_back(m.spec.spec.name);
    return {ErrorCode::kNotFound,
            fmt::format("there is no model '{}'{}", name, did_you_mean(name, names))};
  }

  void get_model(const Request& request, Response& response) {
    const auto view = backend_.view();
    const ModelView* model = find(*view, request.matches[1]);
    if (model == nullptr) return refuse(response, unknown_model(*view, request.matches[1]));
    answer(response, model_json(*view, *model));
  }

  void put_model(const Request& request, Response& response) {
    const auto revision = number_parameter(request, "revision");
    if (!revision) return refuse(response, revision.error());
    const auto json = parse_json(request.body);
    if (json.is_discarded()) {
      return refuse(response,
                    {ErrorCode::kInvalid,
                     "the body is not JSON, or nested too deep: expected a Model manifest"});
    }
    const auto spec = model_spec_from_json(json);
    if (!spec) return refuse(response, spec.error());
    if (spec->name != request.matches[1]) {
      return refuse(response, {ErrorCode::kInvalid,
                               fmt::format("the path names model '{}', the manifest '{}'",
                                           std::string(request.matches[1]), spec->name)});
    }
    const auto stored = backend_.specs().put(*spec, *revision);
    if (!stored) return refuse(response, stored.error());
    await_view(backend_, [&](const FleetView& view) {
      const ModelView* model = find(view, spec->name);
      return model != nullptr && model->spec.revision >= *stored;
    });
    answer(response, {{"name", spec->name}, {"revision", *stored}});
  }

  void delete_model(const Request& request, Response& response) {
    const auto revision = number_parameter(request, "revision");
    if (!revision) return refuse(response, revision.error());
    const auto view = backend_.view();
    const std::string name = request.matches[1];
    if (find(*view, name) == nullptr) return refuse(response, unknown_model(*view, name));
    const auto removed = backend_.specs().remove(name, *revision);
    if (!removed) return refuse(response, removed.error());
    await_view(backend_, [&](const FleetView& now) { return find(now, name) == nullptr; });
    answer(response, {{"name", name}, {"deleted", true}});
  }

  void get_decisions(const Request& request, Response& response) {
    const auto limit = number_parameter(request, "limit");
    if (!limit) return refuse(response, limit.error());
    const std::size_t most = std::min<std::size_t>(limit->value_or(50), kDecisionsMax);
    const std::string model = request.has_param("model") ? request.get_param_value("model") : "";
    std::vector<Json> all = backend_.decisions(model, most);
    std::vector<std::string> silent;
    if (request.get_param_value("scope") != "node") {
      const auto path =
          fmt::format("/v1/decisions?scope=node&limit={}&model={}", most, url_encode(model));
      for (auto& other :
           listed_by_peers(*backend_.view(), options_.token, path, "decisions", silent))
        all.push_back(std::move(other));
    }
    const auto time_of = [](const Json& decision) {
      const auto time = decision.find("time");
      return time != decision.end() && time->is_number() ? time->get<double>() : 0.0;
    };
    std::stable_sort(all.begin(), all.end(),
                     [&](const Json& a, const Json& b) { return time_of(a) > time_of(b); });
    if (all.size() > most) all.resize(most);
    answer(response, {{"decisions", all}, {"unreachable", silent}});
  }

  void get_learning(const Request& request, Response& response) {
    Json nodes = Json::array({backend_.learning()});
    std::vector<std::string> silent;
    if (request.get_param_value("scope") != "node") {
      for (auto& other : listed_by_peers(*backend_.view(), options_.token,
                                         "/v1/learning?scope=node", "nodes", silent))
        nodes.push_back(std::move(other));
    }
    const auto name_of = [](const Json& one) {
      const auto name = one.find("node");
      return name != one.end() && name->is_string() ? name->get<std::string>() : "";
    };
    std::sort(nodes.begin(), nodes.end(),
              [&](const Json& a, const Json& b) { return name_of(a) < name_of(b); });
    answer(response, {{"nodes", nodes}, {"unreachable", silent}});
  }

  void explain(const Request& request, Response& response) {
    const auto view = backend_.view();
    const std::string name = request.matches[1];
    const ModelView* model = find(*view, name);
    if (model == nullptr) return refuse(response, unknown_model(*view, name));
    if (auto own = backend_.explain(name)) {
      (*own)["model"] = model_json(*view, *model);
      return answer(response, *own);
    }
    const auto owner =
        std::find_if(view->members.begin(), view->members.end(), [&](const Member& m) {
          return m.last.node.name == model->owner && m.last.node.name != view->self;
        });
    if (owner == view->members.end() || request.get_param_value("scope") == "node") {
      return refuse(
          response,
          {ErrorCode::kUnavailable,
           fmt::format("no decision on model '{}' yet: ask again in a few seconds", name)});
    }
    auto got = call_agent({owner->last.node.api_address, options_.token}, "GET",
                          "/v1/models/" + url_encode(name) + "/explain?scope=node", std::nullopt,
                          kPeerTimeout);
    if (!got) return refuse(response, got.error());
    answer(response, *got);
  }

  ApiOptions options_;
  ApiBackend& backend_;
  BoundedServer server_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<ApiServer>> ApiServer::start(const ApiOptions& options,
                                                    ApiBackend& backend) {
  auto server = std::make_unique<HttplibApiServer>(options, backend);
  if (auto status = server->listen(); !status) return fail(status.error());
  return server;
}

}  // namespace starling
