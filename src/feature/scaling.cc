// Implements feature/scaling.h.
#include "feature/scaling.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "feature/window.h"

namespace starling {
namespace {

/// The standard deviation of a normal distribution in units of its MAD.
constexpr double kNormalPerMad = 1.4826;

std::vector<double> known_values(std::span<const double> values,
                                 std::span<const std::uint8_t> present) {
  assert(values.size() == present.size());
  std::vector<double> known;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (present[i] && std::abs(values[i]) <= kDemandMax) known.push_back(values[i]);
  }
  return known;
}

double mean_absolute(const std::vector<double>& values) {
  double sum = 0;
  for (const double x : values) sum += std::abs(x);
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

/// Quantile of a non-empty sample, linear between its order statistics 0 … n − 1.
double quantile(std::vector<double>& values, double level) {
  const double rank = level * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(rank);
  const auto at = values.begin() + below;
  std::nth_element(values.begin(), at, values.end());
  const double fraction = rank - static_cast<double>(below);
  if (fraction == 0) return *at;
  return *at + fraction * (*std::min_element(at + 1, values.end()) - *at);
}

double scaled_mad(const std::vector<double>& values, double centre) {
  std::vector<double> distances;
  distances.reserve(values.size());
  for (const double x : values) distances.push_back(std::abs(x - centre));
  return kNormalPerMad * quantile(distances, 0.5);
}

double spread_of(Scaling scaling, std::vector<double>& values, double centre) {
  if (scaling == Scaling::kMedianIqr) return quantile(values, 0.75) - quantile(values, 0.25);
  return scaled_mad(values, centre);
}

}  // namespace

double Scaler::forward(double x) const {
  const double ratio = (x - centre) / scale;
  switch (scaling) {
    case Scaling::kLog1p:
      return std::copysign(std::log1p(std::abs(ratio)), ratio);
    case Scaling::kAsinh:
      return std::asinh(ratio);
    default:
      return ratio;
  }
}

double Scaler::inverse(double z) const {
  switch (scaling) {
    case Scaling::kLog1p:
      return centre + scale * std::copysign(std::expm1(std::abs(z)), z);
    case Scaling::kAsinh:
      return centre + scale * std::sinh(z);
    default:
      return centre + scale * z;
  }
}

Scaler fit_scaler(Scaling scaling, std::span<const double> values,
                  std::span<const std::uint8_t> present) {
  Scaler scaler{.scaling = scaling};
  std::vector<double> known = known_values(values, present);
  if (known.empty()) return scaler;
  const double size = mean_absolute(known);
  if (scaling == Scaling::kMeanAbsolute || scaling == Scaling::kLog1p) {
    scaler.scale = size;
  } else {
    scaler.centre = quantile(known, 0.5);
    scaler.scale = spread_of(scaling, known, scaler.centre);
  }
  // Zeros with few exceptions have no spread at the quartiles, yet they have a size.
  if (!(scaler.scale > 0)) scaler.scale = size;
  if (!(scaler.scale > 0)) scaler.scale = 1;
  return scaler;
}

}  // namespace starling
