// A view on one workload's past, from which features are made.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "feature/window.h"

namespace starling {

/// values[i] belongs to [start + i·step, start + (i+1)·step), oldest first. `values` and `present`
/// have the same length. Unlike demand, a value may be negative.
struct SeriesView {
  std::span<const double> values;
  std::span<const std::uint8_t> present;
  TimePoint start{};
  Duration step{1min};

  std::size_t size() const { return values.size(); }
  /// Whether the value can be used: measured, finite, and no larger than kDemandMax.
  bool known(std::size_t i) const { return present[i] != 0 && std::abs(values[i]) <= kDemandMax; }
  TimePoint time(std::size_t i) const { return start + static_cast<std::int64_t>(i) * step; }
};

}  // namespace starling
