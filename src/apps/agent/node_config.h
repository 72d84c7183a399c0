// The configuration that a pool's node is started with.
#pragma once

#include <string>

#include "apps/agent/config.h"

namespace starling::agent {

/// The configuration of a pool's node: this agent's own, on another machine or in another folder.
/// Errors: no free ports, for a node on this machine.
Result<std::string> node_config(const Config& own, const PoolConfig& pool, const std::string& name);

}  // namespace starling::agent
