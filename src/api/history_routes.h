// What the API serves of the history.
#pragma once

#include <httplib.h>

#include "api/server.h"

namespace starling {

///   POST /v1/query   {"sql": "SELECT …", "limit": rows}
///   POST /v1/export  {"tables": ["usage", …], "since": "7d", "until": "2026-01-31T12:00"}
/// The backend must outlive the server.
void add_history_routes(httplib::Server& server, ApiBackend& backend);

}  // namespace starling
