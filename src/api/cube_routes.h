// The cube over the whole fleet: every node aggregates its own history, the one that was asked
// merges.
#pragma once

#include <httplib.h>

#include <string>

#include "api/server.h"

namespace starling {

///   POST /v1/cube               a question as history/cube.h reads it → the table of
///                               history/cube_result.h, and `nodes` that answered, `missing`
///                               [{node, reason}] that did not, `partial`: some are missing
///   POST /v1/cube?scope=node    the same question → this node's partial aggregates
///   GET  /v1/cube/measures      {"measures": […], "dimensions": […]}
/// The backend must outlive the server.
void add_cube_routes(httplib::Server& server, ApiBackend& backend, const std::string& token);

}  // namespace starling
