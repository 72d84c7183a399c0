// The common grid of several series: what a file with one time column needs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "trace/series.h"

namespace starling {

/// Every series lies on it at an offset of whole steps.
struct CommonGrid {
  TimePoint start{};
  Duration step{};
  std::int64_t rows = 0;
  std::vector<std::int64_t> offsets;  // of each series' first point

  /// Whether the series has a known point in this row, and which it is.
  std::optional<double> value(const Series& one, std::size_t index, std::int64_t row) const {
    const std::int64_t point = row - offsets[index];
    if (point < 0 || point >= static_cast<std::int64_t>(one.size())) return std::nullopt;
    if (!one.present[static_cast<std::size_t>(point)]) return std::nullopt;
    return one.values[static_cast<std::size_t>(point)];
  }
};

/// Nothing when the series differ in step, or their starts by a part of one.
std::optional<CommonGrid> common_grid(const std::vector<Series>& series);

}  // namespace starling
