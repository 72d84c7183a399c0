// A long series in as few points as a picture can show, without losing its peaks.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace starling {

/// Per bucket: where it begins, and the lowest, mean and highest value in it (NaN in all three
/// where it has none).
struct Thinned {
  std::vector<double> x;
  std::vector<double> low;
  std::vector<double> mean;
  std::vector<double> high;
};

/// Cuts `y` (NaN is missing; y[i] stands at x_first + i·x_step) into at most `buckets_max` buckets
/// of equal length, the last one perhaps shorter. A series that is short enough keeps each point.
Thinned thin(std::span<const double> y, double x_first, double x_step, std::size_t buckets_max);

}  // namespace starling
