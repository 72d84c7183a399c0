// How much a workload uses, and what of it is missing.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "trace/series.h"

namespace starling {

/// Stretches of missing points.
struct Gaps {
  std::size_t missing = 0;  // points
  std::size_t count = 0;    // stretches
  std::size_t longest = 0;  // points
};

/// Of the present points; all zero where there are none. Percentiles interpolate between order
/// statistics (Hyndman & Fan 1996, definition 7); the deviation is of the sample (n − 1).
struct Levels {
  std::size_t points = 0;
  double mean = 0;
  double deviation = 0;
  double low = 0;
  double p50 = 0;
  double p90 = 0;
  double p95 = 0;
  double p99 = 0;
  double peak = 0;
  double zero_share = 0;
};

Gaps gaps_of(const Series& series);
Levels levels_of(const Series& series);

/// The quantile q in [0, 1] of sorted, non-empty values (definition 7).
double quantile_of_sorted(std::span<const double> sorted, double q);

/// How often values of each size occur: counts[i] of them lie in [edges[i], edges[i + 1]), the last
/// bin with its end. Bins are equally wide from the lowest value to the highest; one bin where all
/// values are the same, none where there are none.
struct ValueHistogram {
  std::vector<double> edges;
  std::vector<double> counts;
};

ValueHistogram histogram_of(const Series& series, std::size_t bins);

}  // namespace starling
