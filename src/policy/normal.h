// The normal distribution function.
#pragma once

#include <cmath>
#include <numbers>

namespace starling {

/// P(Z ≤ z) of a standard normal Z.
inline double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

}  // namespace starling
