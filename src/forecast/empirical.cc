// Implements forecast/empirical.h.
#include "forecast/empirical.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace starling {
namespace {

// Relative errors before anything is known, in the order in which they join a small sample: the
// sample stays roughly balanced whatever their number.
constexpr std::array<double, 10> kPriorErrors{0, 1, -0.5, 0.5, -0.25, 0.25, -0.9, 0.75, -0.1, 0.1};

}  // namespace

double sorted_quantile(const std::vector<double>& sorted, double level) {
  assert(!sorted.empty());
  const double n = static_cast<double>(sorted.size());
  const double position = std::clamp(level * n - 0.5, 0.0, n - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = position - static_cast<double>(below);
  return sorted[below] + share * (sorted[above] - sorted[below]);
}

Quantiles empirical_quantiles(double point, std::vector<double> errors) {
  for (const double relative : kPriorErrors) {
    if (errors.size() >= kPriorErrors.size()) break;
    errors.push_back(relative * std::abs(point));
  }
  std::sort(errors.begin(), errors.end());
  Quantiles quantiles;
  for (std::size_t q = 0; q < quantiles.size(); ++q) {
    quantiles[q] = std::max(0.0, point + sorted_quantile(errors, kQuantileLevels[q]));
  }
  return quantiles;
}

}  // namespace starling
