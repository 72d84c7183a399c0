// Simple exponential smoothing over a masked window, and the errors it made in the past.
#pragma once

#include <vector>

#include "feature/window.h"

namespace starling {

/// level_i = level_{i−1} + α·(x_i − level_{i−1}); an unknown point keeps the level.
struct Smoothing {
  double alpha = 0;
  std::vector<double> levels;  // after each point; before the first known one, that one's value
  std::size_t first = 0;       // index of the first known point

  double level() const { return levels.back(); }
};

/// α in {0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1} with the smallest sum of absolute one-step errors.
/// The window must hold a known point.
Smoothing smooth(const MaskedWindow& window);

/// The errors x_{i+h} − level_i of all past h-step forecasts whose outcome is known, oldest first.
std::vector<double> past_errors(const MaskedWindow& window, const Smoothing& smoothing, int h);

}  // namespace starling
