// What the parts of a node counted, by the names that its metrics have.
#pragma once

#include "api/metrics.h"
#include "apps/agent/fleet_learning.h"
#include "apps/agent/learner.h"
#include "apps/agent/retrainer.h"
#include "history/store.h"
#include "transport/nats_transport.h"

namespace starling::agent {

AgentCounters counters_of(const NatsTransport& transport, const history::Store& store,
                          const Learner& learner, const Retrainer& retrainer,
                          const FleetLearning& learning);

}  // namespace starling::agent
