// After a restart forecasts go on from the node's own history instead of beginning cold.
#pragma once

#include "control/agent.h"
#include "history/store.h"

namespace starling::agent {

/// Lets the agent remember what the node counted, in the last hour before `now`, of the demand for
/// the models that it owned; to be called before the first tick. At most 200,000 seconds of models,
/// the newest, and two seconds of time. Gives their number. Errors: what the history says.
Result<std::size_t> remember_demand(const history::Store& history, TimePoint now, Agent& agent);

}  // namespace starling::agent
