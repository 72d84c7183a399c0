// How unevenly a workload's load comes.
#pragma once

#include <vector>

#include "base/clock.h"
#include "trace/series.h"

namespace starling {

/// Variance over mean of the sums within windows of one length (the Fano factor; over growing
/// windows the index of dispersion for counts, Cox & Lewis 1966). 1 for a Poisson process at every
/// length, above it where load comes in bursts, below it where it comes evenly. Where the gaps
/// between events are independent, it nears their squared coefficient of variation as windows grow.
struct Dispersion {
  Duration window{};
  double index = 0;
};

/// The index at the series' own step, 1 min, 10 min, 1 h and 1 d, as far as they are no shorter
/// than the step and there are ten windows. A window counts when nine tenths of its points are
/// present; its sum is scaled up to the whole of it. `events_per_value` turns a value into events
/// (1 for counts; the step in seconds for rates per second). Empty where the mean is not positive.
std::vector<Dispersion> dispersion_of(const Series& series, double events_per_value);

/// True when all present values are whole and not negative, as counts of events are.
bool looks_like_counts(const Series& series);

}  // namespace starling
