// A workload's value per interval: what every reader produces and every forecaster takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace starling {

/// values[i] belongs to [start + i·step, start + (i+1)·step). Missing is never zero: where
/// present[i] is 0 the value is meaningless (and kept at 0). `values` and `present` have the same
/// length.
struct Series {
  std::string workload;
  TimePoint start{};
  Duration step{1min};
  std::vector<double> values;
  std::vector<std::uint8_t> present;

  std::size_t size() const { return values.size(); }
};

}  // namespace starling
