#include "api/node_routes.h"

#include <algorithm>

#include "api/answer.h"
#include "api/await_view.h"
#include "api/fleet_json.h"
#include "api/http_client.h"
#include "base/json.h"
#include "base/nearest.h"

namespace starling {
namespace {

using Json = nlohmann::json;

constexpr Duration kNodeTimeout = 5s;  // the node's disk may be slow

const Member* find(const FleetView& view, const std::string& name) {
  const auto found = std::find_if(view.members.begin(), view.members.end(),
                                  [&](const Member& m) { return m.last.node.name == name; });
  return found == view.members.end() ? nullptr : &*found;
}

Error unknown_node(const FleetView& view, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& member : view.members) names.push_back(member.last.node.name);
  return {ErrorCode::kNotFound,
          fmt::format("there is no node '{}'{}", name, did_you_mean(name, names))};
}

Result<Scheduling> wanted(const std::string& body) {
  const auto json = parse_json(body);
  if (!json.is_object() || !json.contains("scheduling") || !json["scheduling"].is_string()) {
    return fail(ErrorCode::kInvalid,
                "expected a JSON body such as {{\"scheduling\": \"cordoned\"}}");
  }
  const std::string name = json["scheduling"].get<std::string>();
  if (const auto scheduling = scheduling_of(name)) return *scheduling;
  return fail(ErrorCode::kInvalid,
              "'scheduling': '{}'{}: expected schedulable, cordoned or draining", name,
              did_you_mean(name, {"schedulable", "cordoned", "draining"}));
}

/// Only the node itself keeps its mark, so only a node that answers can be told.
Result<Json> pass_on(const Member& member, Scheduling scheduling, const std::string& token) {
  const auto& node = member.last.node;
  if (member.state == MemberState::kDead || member.state == MemberState::kLeft) {
    return fail(
        ErrorCode::kUnavailable,
        "node '{}' {}: a node keeps its own mark, so only one that runs can be told. Nothing "
        "runs on it, and it takes replicas again when it comes back: tell it then",
        node.name, member.state == MemberState::kDead ? "is dead" : "has left");
  }
  auto answer = ask_agent({node.api_address, token}, "PUT",
                          "/v1/nodes/" + url_encode(node.name) + "/scheduling?scope=node",
                          Json{{"scheduling", name_of(scheduling)}}, kNodeTimeout);
  if (!answer) {
    return fail(ErrorCode::kUnavailable, "node '{}' does not answer: {}", node.name,
                answer.error().message);
  }
  if (answer->status == 404) {
    return fail(ErrorCode::kUnavailable,
                "node '{}' runs an older agent, which cannot be cordoned or drained: upgrade it",
                node.name);
  }
  return body_of(std::move(*answer));
}

void put_scheduling(const httplib::Request& request, httplib::Response& response,
                    ApiBackend& backend, const std::string& token) {
  const std::string name = request.matches[1];
  const auto view = backend.view();
  const Member* member = find(*view, name);
  if (member == nullptr) return refuse(response, unknown_node(*view, name));
  const auto scheduling = wanted(request.body);
  if (!scheduling) return refuse(response, scheduling.error());
  Json result{{"name", name},
              {"before", name_of(member->last.scheduling)},
              {"scheduling", name_of(*scheduling)}};
  if (name == view->self) {
    if (const auto status = backend.set_scheduling(*scheduling); !status)
      return refuse(response, status.error());
  } else if (request.get_param_value("scope") == "node") {
    return refuse(response, {ErrorCode::kConflict,
                             fmt::format("this is node '{}', not '{}'", view->self, name)});
  } else {
    const auto passed = pass_on(*member, *scheduling, token);
    if (!passed) return refuse(response, passed.error());
    result = *passed;
  }
  await_view(backend, [&](const FleetView& seen) {
    const Member* now = find(seen, name);
    return now == nullptr || now->last.scheduling == *scheduling;
  });
  answer(response, result);
}

}  // namespace

void add_node_routes(httplib::Server& server, ApiBackend& backend, const std::string& token) {
  server.Get(R"(/v1/nodes/([^/]+))",
             [&backend](const httplib::Request& request, httplib::Response& response) {
               const auto view = backend.view();
               const Member* member = find(*view, request.matches[1]);
               if (member == nullptr)
                 return refuse(response, unknown_node(*view, request.matches[1]));
               answer(response, node_json(*view, *member));
             });
  server.Put(R"(/v1/nodes/([^/]+)/scheduling)",
             [&backend, token](const httplib::Request& request, httplib::Response& response) {
               put_scheduling(request, response, backend, token);
             });
}

}  // namespace starling
