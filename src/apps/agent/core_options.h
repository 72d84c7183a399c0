// What the configuration says to the core.
#pragma once

#include "apps/agent/config.h"
#include "control/agent.h"

namespace starling::agent {

AgentOptions core_options(const Config& config);

}  // namespace starling::agent
