// Masked windows of a workload's past, and their scale-free form with its exact inverse.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace starling {

/// Above this a value is not demand but a broken counter; it also keeps all arithmetic finite.
inline constexpr double kDemandMax = 1e15;

/// What of a past is not known.
inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// Whether a measured value can be demand: finite, not negative, at most kDemandMax.
bool is_demand(double value);

/// Points oldest first; where present[i] is 0 the value is unknown and kept at 0.
struct MaskedWindow {
  std::vector<double> values;
  std::vector<std::uint8_t> present;
  int known = 0;

  std::size_t size() const { return values.size(); }
};

/// The last `length` points. A shorter past is padded with unknown points on the left; a value that
/// cannot be demand counts as unknown. `values` and `present` must have the same length.
MaskedWindow last_window(std::span<const double> values, std::span<const std::uint8_t> present,
                         std::size_t length);

/// Whether the known points are whole numbers that change at fewer than three steps in ten:
/// replicas, timer-driven calls. Rounding forecasts of them spares an error at every step. No
/// points are no count.
bool seldom_changing_count(std::span<const double> values, std::span<const std::uint8_t> present);

/// What makes a window comparable with every other: a level, a spread around it and a mean.
struct WindowScale {
  double level = 0;   // what the values are measured from, in the workload's unit
  double spread = 1;  // > 0
  double mean = 1;    // > 0
};

/// spread = ½·std + ½·mean|Δ| + 0.02·mean|x| over the known points (Δ between neighbours that are
/// both known), mean = mean|x|; both at least 1e-6, so that a window of zeros has a scale too.
WindowScale window_scale(const MaskedWindow& window, double level);

}  // namespace starling
