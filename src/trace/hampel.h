// The Hampel filter: outliers against the median of their neighbourhood.
#pragma once

#include <cstdint>
#include <vector>

#include "trace/series.h"

namespace starling {

struct HampelOptions {
  int half_window = 5;   // the neighbourhood is this many points on each side, cut at the ends
  double threshold = 3;  // in estimated standard deviations
};

/// One flag a point: 1 where |x − median| > threshold · 1.4826 · MAD over the known points of the
/// neighbourhood, the point itself included (F. R. Hampel, "The influence curve and its role in
/// robust estimation", 1974; R. K. Pearson, "Outliers in process modeling and identification",
/// 2002). Where more than half of the points are equal MAD is 0 and would flag every other one;
/// there 1.2533 times the mean absolute deviation stands in, as in Iglewicz and Hoaglin's modified
/// z-score (1993). Missing points are never flagged; at least three known ones are needed.
std::vector<std::uint8_t> hampel_outliers(const Series& series, const HampelOptions& options = {});

}  // namespace starling
