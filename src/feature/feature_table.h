// Features as a table: named columns, one row a moment, and what came afterwards.
#pragma once

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"

namespace starling {

/// All columns have as many entries as there are rows. A feature that the past does not determine
/// is NaN: unknown is never zero.
struct FeatureTable {
  std::vector<std::string> names = {};            // one a column
  std::vector<std::vector<double>> columns = {};  // columns[feature][row]
  /// asinh((value − level) / scale) of the value to be forecast; NaN where it is unknown.
  std::vector<double> target = {};
  std::vector<double> level = {};        // of the row, in the workload's unit
  std::vector<double> scale = {};        // of the row, in the workload's unit, > 0
  std::vector<TimePoint> made_at = {};   // the end of the past that the row saw
  std::vector<TimePoint> known_at = {};  // when the target will have been measured

  std::size_t rows() const { return target.size(); }

  /// A value of the target's kind in the workload's unit.
  double to_unit(std::size_t row, double z) const { return level[row] + scale[row] * std::sinh(z); }

  /// Adds the rows of a table with the same columns.
  void append(const FeatureTable& other);

  /// The given rows, in their order.
  FeatureTable select(std::span<const std::size_t> wanted) const;

  /// The rows whose target is known.
  std::vector<std::size_t> rows_with_target() const;
};

}  // namespace starling
