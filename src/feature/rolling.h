// Summaries of the window behind each moment: mean, deviation, slope and peak, in one pass.
#pragma once

#include <vector>

#include "feature/series_view.h"

namespace starling {

/// One window's known points. What too few points determine is NaN: everything without a known
/// point, the slope with fewer than two.
struct WindowSummary {
  int known = 0;
  double mean = 0;
  double mean_absolute = 0;
  double deviation = 0;   // √(Σ(x − mean)² / known)
  double slope = 0;       // of the least-squares line, per step
  double peak_ratio = 0;  // max|x| / mean|x|, from 1 (flat) to `known` (one spike); 1 for zeros
};

/// The windows [end − length, end) for end = first_end … last_end (at most series.size()); a window
/// that would begin before the series is shorter. length ≥ 1, first_end ≤ last_end.
///
/// Takes constant time a point, whatever the length, and never subtracts what left the window: each
/// window is the sum of a block's suffix and the next one's prefix (van Herk 1992; Gil & Werman
/// 1993), and moments are merged by the pairwise update (Chan, Golub & LeVeque 1979). So a surge
/// long past leaves no rounding error behind.
std::vector<WindowSummary> rolling_summaries(const SeriesView& series, std::size_t length,
                                             std::size_t first_end, std::size_t last_end);

}  // namespace starling
