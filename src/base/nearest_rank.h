// The nearest-rank quantile.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace starling {

/// The smallest of the values that at least `share` (0 to 1) of them do not exceed; T{} of none.
template <typename T>
T nearest_rank(std::vector<T> values, double share) {
  if (values.empty()) return {};
  const auto count = static_cast<double>(values.size());
  const auto rank = static_cast<std::ptrdiff_t>(std::clamp(std::ceil(share * count), 1.0, count));
  std::nth_element(values.begin(), values.begin() + rank - 1, values.end());
  return values[static_cast<std::size_t>(rank - 1)];
}

}  // namespace starling
