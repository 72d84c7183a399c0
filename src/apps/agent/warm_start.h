// After a restart forecasts go on from the node's own history instead of beginning cold.
#pragma once

#include "control/agent.h"
#include "history/store.h"

namespace starling::agent {

/// What was read of the past.
struct RememberedDemand {
  std::size_t seconds = 0;  // of models
  std::size_t minutes = 0;
};

/// Lets the agent remember what the node counted of the demand for the models that it owned: the
/// last hour before `now` by seconds, at most 200,000, the newest; the week before it by minutes,
/// the busiest models first. To be called before the first tick. Each of the two takes two seconds
/// at most, and the last query that began in them. Errors: what the history says.
Result<RememberedDemand> remember_demand(const history::Store& history, TimePoint now,
                                         Agent& agent);

}  // namespace starling::agent
