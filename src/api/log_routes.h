// What replicas have printed, over HTTP.
#pragma once

#include <httplib.h>

#include "api/server.h"

namespace starling {

///   GET  /v1/logs?model=NAME | replica=ID  [&bytes=N] [&from=BYTE] [&scope=node]
/// of all nodes, those of replicas that are no more included, each the last N bytes or, for one
/// replica, those from BYTE on: {"logs": [{replica, node, written, begin, end, lines_end, text}],
/// "unreachable": [node]}, the lately written last. Errors: 400 for neither or both names, 404
/// where no node has such a log.
void add_log_routes(httplib::Server& server, ApiBackend& backend, const std::string& token);

}  // namespace starling
