// Forecasters that need no training: the yardsticks, and what a model without a past gets.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/forecaster.h"

namespace starling {

/// Names of the baselines, in order of sophistication.
const std::vector<std::string>& baseline_names();

/// All give intervals from their own past errors of the same number of steps ahead.
///   naive           the last known value
///   seasonal-naive  the value one season earlier; `method` says "naive" where the history gives no
///                   season or is shorter than one
///   ses             simple exponential smoothing
/// Errors: an unknown name (with the known ones).
Result<std::unique_ptr<Forecaster>> make_forecaster(const std::string& name);

}  // namespace starling
