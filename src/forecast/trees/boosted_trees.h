// Gradient-boosted trees (XGBoost) as a forecaster, where the build found the library.
#pragma once

#include <memory>

#include "base/result.h"
#include "forecast/forecaster.h"

namespace starling {

/// Whether this build has it.
bool has_boosted_trees();

/// "gbt": one ensemble a history (Chen & Guestrin 2016; squared loss, 60 trees of depth 4, one
/// thread, deterministic). It predicts the difference to the last value, in units of the window's
/// spread, from the last 12 differences, three running means, the place in the season, the value
/// one season earlier and how many steps ahead it is asked. Intervals: the newest quarter of the
/// past is forecast by trees that learned from the rest; its errors, by steps ahead, are the
/// sample. A history with fewer than 36 known points among its last 2048 is smoothed, and `method`
/// says "ses". Takes tens of milliseconds a history: for comparison, not for a fleet. Errors: not
/// built in (with the package that brings it).
Result<std::unique_ptr<Forecaster>> make_boosted_trees();

}  // namespace starling
