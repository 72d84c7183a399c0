#include "sim/distribution.h"

#include <cmath>
#include <numbers>
#include <numeric>

namespace starling {
namespace {

/// The standard normal's quantile, by bisection: slow and sure.
double normal_quantile(double level) {
  double low = -40;
  double high = 40;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (0.5 * std::erfc(-middle / std::numbers::sqrt2) < level ? low : high) = middle;
  }
  return (low + high) / 2;
}

/// Normal quantiles at i/cells for the inner points, made once.
const std::vector<double>& normal_table(std::size_t cells) {
  static const std::vector<double> table = [cells] {
    std::vector<double> z(cells + 1, 0);
    for (std::size_t i = 1; i < cells; ++i) z[i] = normal_quantile(static_cast<double>(i) / cells);
    return z;
  }();
  return table;
}

double square(double x) { return x * x; }

}  // namespace

double Distribution::mean_s() const {
  switch (law) {
    case Law::kConstant:
      return location_s;
    case Law::kExponential:
      return location_s + scale_s;
    case Law::kGamma:
      return location_s + scale_s * shape;
    case Law::kLognormal:
      return location_s + scale_s * std::exp(square(shape) / 2);
    case Law::kEmpirical:
      break;
  }
  if (values_s.empty()) return 0;
  return std::accumulate(values_s.begin(), values_s.end(), 0.0) /
         static_cast<double>(values_s.size());
}

double Distribution::variance() const {
  switch (law) {
    case Law::kConstant:
      return 0;
    case Law::kExponential:
      return square(scale_s);
    case Law::kGamma:
      return square(scale_s) * shape;
    case Law::kLognormal:
      return square(scale_s) * std::expm1(square(shape)) * std::exp(square(shape));
    case Law::kEmpirical:
      break;
  }
  if (values_s.empty()) return 0;
  double sum = 0;
  for (const double value : values_s) sum += square(value - mean_s());
  return sum / static_cast<double>(values_s.size());
}

double Distribution::scv() const {
  const double mean = mean_s();
  return mean > 0 ? variance() / square(mean) : 0;
}

Sampler::Sampler(const Distribution& distribution) : distribution_(distribution) {
  const bool lognormal = distribution.law == Distribution::Law::kLognormal;
  if (!lognormal && distribution.law != Distribution::Law::kExponential) return;
  table_.resize(kCells + 1);  // the two outermost points are never read: the end cells are exact
  for (std::size_t i = 1; i < kCells; ++i) {
    const double level = static_cast<double>(i) / kCells;
    table_[i] = lognormal ? distribution.location_s +
                                distribution.scale_s *
                                    std::exp(distribution.shape * normal_table(kCells)[i])
                          : quantile(level);
  }
}

double Sampler::quantile(double level) const {
  const double x = distribution_.law == Distribution::Law::kLognormal
                       ? std::exp(distribution_.shape * normal_quantile(level))
                       : -std::log1p(-level);
  return distribution_.location_s + distribution_.scale_s * x;
}

double Sampler::draw(Rng& rng) const {
  switch (distribution_.law) {
    case Distribution::Law::kGamma:
      return distribution_.location_s + rng.gamma(distribution_.shape, distribution_.scale_s);
    case Distribution::Law::kEmpirical:
      return distribution_.values_s.empty()
                 ? 0
                 : distribution_.values_s[rng.below(distribution_.values_s.size())];
    default:
      return distribution_.location_s;
  }
}

}  // namespace starling
