// The features of a workload at given moments, from the past of each moment only.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "feature/feature_table.h"
#include "feature/series_view.h"

namespace starling {

/// Which features to make. Lengths are steps of the series, so that one specification fits any.
/// All lengths and the horizon are at least 1, `blocks` and `harmonics` at least 0.
struct FeatureSpec {
  int horizon =
      1;  // the target is the value of the step that ends this many steps after the origin
  std::vector<int> lags{1, 2, 3, 4, 5, 6, 8, 12};
  std::vector<int> windows{4, 16, 64, 256};
  int blocks = 3;  // of each window's length, for its means at a coarser resolution
  std::vector<Duration> seasons{24h, 7 * 24h};
  int harmonics = 2;       // of the hour, the day and the week
  int level_window = 4;    // over which a row's level is the mean
  int scale_window = 256;  // over which a row's scale is taken, see below
};

/// The columns of a table, in order, with n the origin. Everything is measured from where the
/// workload has been lately and in units of how much it moves, so that workloads of any size can
/// share one model: s(x) = asinh((x − level) / scale), d(x) = asinh(x / scale), where the level is
/// the mean over the level window (where nothing there is known, over the scale window), and the
/// scale is the deviation over the scale window + 0.02·mean|x| over it.
///   lag_K             s(x[n−K])
///   mean_W, deviation_W, slope_W, peak_ratio_W      over [n−W, n): s(mean), d(deviation),
///                     d(slope·W), max|x|/mean|x|
///   mean_W_back_J     s(mean) over [n−(J+1)·W, n−J·W), J = 1 … blocks − 1
///   same_time_H       s(x) at the last moment before n that is a multiple of H hours before the
///                     target
///   hour_sin_1, …     Fourier terms of the target's time in hour, day and week
std::vector<std::string> feature_names(const FeatureSpec& spec);

/// One row an origin; origin n sees values [0, n) and nothing else, n ≤ series.size(), origins
/// rising. The target is the value at n + horizon − 1, unknown where the series ends before. A past
/// of nothing but zeros has scale 1. Unknown points take no part; a feature is unknown (NaN) where
/// all the points that it is made of are.
///
/// Costs time in proportion to (last origin − first origin + the longest window) · windows +
/// origins · features.
FeatureTable feature_table(const SeriesView& series, std::span<const std::size_t> origins,
                           const FeatureSpec& spec = {});

}  // namespace starling
