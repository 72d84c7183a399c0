// The HTTP/JSON API of one agent. Any agent answers for the whole fleet.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/metrics.h"
#include "api/request_bounds.h"
#include "control/fleet_view.h"
#include "history/cube_partial.h"
#include "history/export.h"
#include "history/query.h"
#include "runtime/replica_logs.h"

namespace starling {

/// What the API needs of its agent. Called from the server's threads.
class ApiBackend {
 public:
  virtual ~ApiBackend() = default;
  virtual std::shared_ptr<const FleetView> view() const = 0;
  virtual SpecStore& specs() = 0;
  /// When this node last knew the specs to be the store's.
  virtual std::optional<TimePoint> specs_seen() const = 0;
  virtual AgentCounters counters() const = 0;
  virtual Result<history::QueryResult> query(const std::string& sql,
                                             const history::QueryLimits& limits) = 0;
  /// This node's part of a cube.
  virtual Result<history::CubePartial> cube(const history::Cube& question,
                                            const history::CubeLimits& limits) = 0;
  virtual Result<history::ExportResult> export_history(const history::ExportRequest& request) = 0;
  /// This node's own decisions, newest first; of one model if `model` is not empty.
  virtual std::vector<nlohmann::json> decisions(const std::string& model,
                                                std::size_t limit) const = 0;
  /// {"decision", "last_change"} of a model that this node owns, or nothing.
  virtual std::optional<nlohmann::json> explain(const std::string& model) = 0;
  /// An operator's word to this node. It is kept over restarts once this returns, and carried out
  /// soon after. Errors: it can't be kept.
  virtual Status set_scheduling(Scheduling scheduling) = 0;
  /// This node's part in learning together.
  virtual nlohmann::json learning() const = 0;
  /// What replicas of this node have printed.
  virtual std::vector<ReplicaLog> logs(const LogQuestion& question) const = 0;
};

struct ApiOptions {
  std::string host = "127.0.0.1";
  int port = 0;
  std::string token;  // every /v1 request must bear it
  int threads = 16;   // some wait for other agents, which must not keep the rest from being served
  std::size_t body_bytes_max = 1 << 20;
  RequestBounds bounds{};
};

///   GET    /healthz, /metrics                  no token needed
///   GET    /v1/status, /v1/nodes, /v1/models, /v1/replicas, /v1/pools
///   GET    /v1/models/NAME, /v1/models/NAME/explain
///   PUT    /v1/models/NAME[?revision=N]        a Model manifest as JSON; 409 if the revision has
///   moved on DELETE /v1/models/NAME[?revision=N] GET /v1/decisions[?model=NAME&limit=N&scope=node]
///   GET    /v1/nodes/NAME, PUT /v1/nodes/NAME/scheduling   see node_routes.h
///   GET    /v1/learning[?scope=node]           how every node learns together with the others
///   POST   /v1/query, /v1/export               see history_routes.h
///   POST   /v1/cube, GET /v1/cube/measures     see cube_routes.h
/// Errors are {"error": "…"} with a 4xx or 5xx status.
class ApiServer {
 public:
  /// Listens and serves until destroyed. Errors: the port is taken (named).
  static Result<std::unique_ptr<ApiServer>> start(const ApiOptions& options, ApiBackend& backend);
  virtual ~ApiServer() = default;
};

}  // namespace starling
