// The part of the API by which an operator takes nodes out of service and back.
#pragma once

#include <httplib.h>

#include "api/server.h"

namespace starling {

///   GET  /v1/nodes/NAME
///   PUT  /v1/nodes/NAME/scheduling[?scope=node]  {"scheduling": "schedulable|cordoned|draining"}
/// The mark is the node's own: an agent that is asked about another node passes the request on to
/// that node's agent, with `token`. Errors: 404 for an unknown node with the nearest name, 503 for
/// one that is dead, has left or does not answer.
void add_node_routes(httplib::Server& server, ApiBackend& backend, const std::string& token);

}  // namespace starling
