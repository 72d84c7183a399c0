// The recent known part of a history, as every forecaster takes it.
#pragma once

#include "base/result.h"
#include "feature/window.h"
#include "forecast/forecaster.h"

namespace starling {

/// The last `length` points (fewer when the history is shorter); the whole history when nothing is
/// known in these. Errors: no known value at all, values and mask of different lengths, a step that
/// is not positive; `index` names the history in the message.
Result<MaskedWindow> known_window(const HistoryView& history, std::size_t length,
                                  std::size_t index);

/// An empty forecast that begins where the history ends.
Forecast forecast_after(const HistoryView& history, std::string method);

/// The error of a horizon below one step, or nothing.
Status check_horizon(int horizon);

}  // namespace starling
