#include "api/cube_routes.h"

#include <algorithm>
#include <future>
#include <utility>
#include <vector>

#include "api/answer.h"
#include "api/ask_peers.h"
#include "api/http_client.h"
#include "base/json.h"
#include "history/cube_merge.h"
#include "history/cube_partial_codec.h"
#include "history/cube_result.h"

namespace starling {
namespace {

using Json = nlohmann::json;
using history::Cube;
using history::CubeLimits;
using history::CubePartial;

// A node gives up before its asker does, so that its own words arrive.
constexpr CubeLimits kNodeLimits{.time_max = 1300ms};

/// What the nodes said.
struct Gathered {
  history::CubeMerge merge{kNodeLimits};
  std::vector<std::string> nodes;  // which answered
  Json missing = Json::array();    // [{node, reason}]
  std::optional<Error> refusal;    // the question is too large, for a node or for all together

  void take(const std::string& node, const Result<CubePartial>& partial) {
    if (refusal) return;
    if (!partial) {
      if (partial.error().code == ErrorCode::kTooLarge) refusal = partial.error();
      missing.push_back({{"node", node}, {"reason", partial.error().message}});
      return;
    }
    if (Status status = merge.add(*partial); !status) refusal = status.error();
    nodes.push_back(node);
  }
};

/// The bytes of a node's partial.
Result<std::string> ask(const ApiAddress& agent, const Cube& cube) {
  return call_agent_for_bytes(agent, "POST", "/v1/cube?scope=node", to_json(cube), kPeerTimeout);
}

Result<CubePartial> read(const Result<std::string>& answer, const Cube& cube) {
  if (!answer) return fail(answer.error());
  return history::decode_partial(*answer, cube, kNodeLimits);
}

/// This node's part, and at the same time that of the other nodes. All answers are read on this
/// thread, one after the other in the same memory: on threads of their own it takes twice the time.
Gathered gather(const Cube& cube, ApiBackend& backend, const std::string& token) {
  const auto view = backend.view();
  Gathered gathered;
  auto own = std::async(std::launch::async, [&] { return backend.cube(cube, kNodeLimits); });
  for (const auto& member : view->members) {
    if (member.state == MemberState::kDead || member.state == MemberState::kLeft)
      gathered.missing.push_back({{"node", member.last.node.name},
                                  {"reason", fmt::format("it is {}", name_of(member.state))}});
  }
  ask_peers(
      *view,
      [&](const std::string& address) {
        return ask({address, token}, cube);
      },
      [&](const std::string& node, const Result<std::string>& answer) {
        if (!gathered.refusal) gathered.take(node, read(answer, cube));
        return !gathered.refusal;
      });
  gathered.take(view->self, own.get());
  std::sort(gathered.nodes.begin(), gathered.nodes.end());
  return gathered;
}

Result<Json> whole_fleet(const Cube& cube, ApiBackend& backend, const std::string& token) {
  Gathered gathered = gather(cube, backend, token);
  if (gathered.refusal) return fail(*gathered.refusal);
  if (gathered.nodes.empty()) {
    return fail(ErrorCode::kUnavailable, "no node could answer: {}", gathered.missing.dump());
  }
  const auto table = make_table(cube, gathered.merge.take());
  if (!table) return fail(table.error());
  Json json = to_json(cube, *table);
  json["nodes"] = gathered.nodes;
  json["partial"] = !gathered.missing.empty();
  json["missing"] = std::move(gathered.missing);
  return json;
}

void cube(const httplib::Request& request, httplib::Response& response, ApiBackend& backend,
          const std::string& token) {
  const auto question = history::parse_cube(parse_json(request.body), backend.view()->now);
  if (!question) return refuse(response, question.error());
  if (request.get_param_value("scope") == "node") {
    const auto partial = backend.cube(*question, kNodeLimits);
    if (!partial) return refuse(response, partial.error());
    return response.set_content(encode(*partial), "application/octet-stream");
  }
  const auto table = whole_fleet(*question, backend, token);
  if (!table) return refuse(response, table.error());
  answer(response, *table);
}

}  // namespace

void add_cube_routes(httplib::Server& server, ApiBackend& backend, const std::string& token) {
  server.Post("/v1/cube",
              [&backend, token](const httplib::Request& request, httplib::Response& response) {
                cube(request, response, backend, token);
              });
  server.Get("/v1/cube/measures", [](const httplib::Request&, httplib::Response& response) {
    answer(response,
           {{"measures", history::measures_json()}, {"dimensions", history::dimensions_json()}});
  });
}

}  // namespace starling
