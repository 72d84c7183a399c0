// Asks a replica on this machine whether it is ready, and finds it a port.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace starling {

/// GET /v2/health/ready on host:port: whether the answer is yes. Blocks for about `timeout` at
/// most.
bool probe_ready(const std::string& host, int port, Duration timeout);

/// A port of this machine's address `host` (IPv4) that was free a moment ago. Somebody may take it
/// before the replica does: the replica then fails to start and its next attempt gets another one.
Result<int> free_port(const std::string& host);

}  // namespace starling
