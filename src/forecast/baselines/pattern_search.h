// A small bounded minimiser without derivatives.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace starling {

/// Compass search (Kolda, Lewis & Torczon 2003): from `start`, tries ± a step along each
/// coordinate, moves to what is lower, halves the steps when nothing is; ends when they are below a
/// hundredth of the first or after `evaluations`. Every point tried lies within [low, high]. The
/// step begins at a quarter of each range.
template <std::size_t N, typename Function>
std::array<double, N> compass_search(const std::array<double, N>& start,
                                     const std::array<double, N>& low,
                                     const std::array<double, N>& high, int evaluations,
                                     Function function) {
  std::array<double, N> best = start;
  double lowest = function(best);
  for (double share = 0.25; share > 0.0025 && evaluations > 0;) {
    bool moved = false;
    for (std::size_t k = 0; k < N; ++k) {
      for (const double sign : {1.0, -1.0}) {
        auto candidate = best;
        candidate[k] = std::clamp(best[k] + sign * share * (high[k] - low[k]), low[k], high[k]);
        if (candidate[k] == best[k] || evaluations-- <= 0) continue;
        const double value = function(candidate);
        if (!(value < lowest)) continue;
        lowest = value;
        best = candidate;
        moved = true;
        break;
      }
    }
    if (!moved) share /= 2;
  }
  return best;
}

}  // namespace starling
