// Fourier features of the calendar: where a moment lies in its hour, day and week (UTC).
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace starling {

/// For the hour, the day and the week (from Monday) in this order, and for k = 1 … harmonics:
/// sin(2πk·phase), cos(2πk·phase). 6·harmonics values in [−1, 1]; the same moment of another period
/// has the same.
std::vector<double> calendar_features(TimePoint t, int harmonics = 1);

/// Their names in the same order: hour_sin_1, hour_cos_1, …
std::vector<std::string> calendar_feature_names(int harmonics = 1);

}  // namespace starling
