// Local regression on an even grid with gaps: the smoother inside seasonal decomposition.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace starling {

struct Smoothed {
  std::vector<double> values;  // as many as went in, none missing
  double parameters = 0;       // trace of the smoother: how many degrees of freedom it used
};

/// Loess (Cleveland 1979): at each place a straight line fitted to the nearest `window` places with
/// tricube weights. NaN is missing and has no weight. As in STL (Cleveland et al. 1990, section
/// 4.1), the line is fitted at every tenth of the window and interpolated between, so the cost is
/// linear in the length. All zero where nothing is present.
Smoothed loess(std::span<const double> y, std::size_t window);

}  // namespace starling
