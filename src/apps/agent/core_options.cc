#include "apps/agent/core_options.h"

namespace starling::agent {

AgentOptions core_options(const Config& config) {
  AgentOptions options;
  options.owner.interval = config.decision_interval;
  options.owner.policy.guards.hold_scale = config.hold_scale;
  options.owner.placement.latency = config.latency;
  options.budgets = config.budgets;
  for (const auto& pool : config.pools) options.pools.push_back(pool.pool);
  return options;
}

}  // namespace starling::agent
