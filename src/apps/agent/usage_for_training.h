// What a node learns from: the demand that its gateway saw in the last twelve hours.
#pragma once

#include <vector>

#include "base/result.h"
#include "history/store.h"
#include "trace/series.h"

namespace starling::agent {

/// Requests a second in steps of ten seconds, a series a workload ("tenant/model"); steps without a
/// record are unknown. Errors: those of the history.
Result<std::vector<Series>> usage_for_training(const history::Store& history);

/// Lets the calling thread work only while nobody else wants the processor; logs where that fails.
void lower_priority();

}  // namespace starling::agent
