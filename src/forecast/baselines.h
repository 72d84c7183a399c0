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

/// All give intervals from their own past errors of the same number of steps ahead. Holt-Winters
/// and theta use the history's season where the last 4096 points hold two of it and repeat it
/// significantly.
///   naive              the last known value
///   seasonal-naive     the value one season earlier; `method` says "naive" where the history gives
///                      no season or is shorter than one
///   moving-average     the mean of the last 3, 6, 12 or 24 known values, whichever erred least
///   fast-up-slow-down  Xiao, Song & Chen 2013
///   ses                simple exponential smoothing
///   holt-winters       additive, damped trend; parameters by least absolute one-step errors
///   theta              Assimakopoulos & Nikolopoulos 2000, as Hyndman & Billah 2003 simplify it
///   ar                 autoregression: Yule-Walker, order by Akaike's corrected criterion
/// Errors: an unknown name (with the nearest known one).
Result<std::unique_ptr<Forecaster>> make_forecaster(const std::string& name);

}  // namespace starling
