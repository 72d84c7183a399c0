// Implements base/seed_mean.h.
#include "base/seed_mean.h"

#include <array>
#include <cmath>

namespace starling {

SeedMean seed_mean(const std::vector<double>& values) {
  // Student's t at 0.975 for 1 … 9 degrees of freedom.
  constexpr std::array kStudent{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262};
  SeedMean result{.seeds = static_cast<int>(values.size())};
  if (values.empty()) return result;
  const auto count = static_cast<double>(values.size());
  for (const double value : values) result.mean += value / count;
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  const double t = values.size() - 2 < kStudent.size() ? kStudent[values.size() - 2] : 2.0;
  result.half_width = t * std::sqrt(squares / (count - 1) / count);
  return result;
}

}  // namespace starling
