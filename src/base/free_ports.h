// Ports that nobody listens on, for servers that this machine is about to start.
#pragma once

#include <vector>

#include "base/result.h"

namespace starling {

/// `count` different free ports of an IPv4 address of this machine; held open together so that none
/// comes twice. Errors: no such address, none is left.
Result<std::vector<int>> free_ports(int count, const std::string& host = "127.0.0.1");

}  // namespace starling
