// How much a workload resembles itself some time ago.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "trace/series.h"

namespace starling {

/// Correlation of the points with those `lag` points earlier, over the pairs of which both are
/// present: mean product of their deviations from the series' mean, over its variance. In [−1, 1]
/// up to the pairs that gaps leave out. Nothing where the series is shorter than two lags, fewer
/// than ten pairs are present, or it does not vary.
std::optional<double> autocorrelation(const Series& series, std::size_t lag);

struct LagCorrelation {
  std::string name;  // "step", "hour", "day", "week"
  std::size_t lag = 0;
  std::optional<double> correlation;
};

/// At one step, an hour, a day and a week: the nearest number of steps; a time shorter than a step
/// and a half has none.
std::vector<LagCorrelation> calendar_autocorrelations(const Series& series);

}  // namespace starling
