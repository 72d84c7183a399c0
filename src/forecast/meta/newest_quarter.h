// Windows of a workload on both sides of the cut before the newest quarter of its time.
#pragma once

#include <vector>

#include "forecast/net/examples.h"
#include "trace/series.h"

namespace starling {

/// Windows to learn from, whose outcomes all end before the newest quarter begins; at most 48.
std::vector<Example> before_newest_quarter(const Series& series, Regime regime);

/// Windows to judge by, whose outcomes all lie within it. Both are empty where a quarter of the
/// series is shorter than one window's outcomes.
std::vector<Example> newest_quarter(const Series& series, Regime regime);

}  // namespace starling
