#include "sim/distribution.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "policy/normal.h"

namespace starling {
namespace {

/// The standard normal's quantile, by bisection: slow and sure.
double normal_quantile(double level) {
  double low = -40;
  double high = 40;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (normal_cdf(middle) < level ? low : high) = middle;
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

/// The regularised lower incomplete gamma function P(shape, x): the cdf of Gamma(shape, 1). Its
/// power series below shape + 1, Legendre's continued fraction of 1 − P by Lentz's algorithm above
/// (Abramowitz & Stegun 6.5.29, 6.5.31).
double gamma_cdf(double shape, double x) {
  if (x <= 0) return 0;
  const double front = std::exp(shape * std::log(x) - x - std::lgamma(shape));
  if (x < shape + 1) {
    double term = 1 / shape;
    double sum = term;
    for (double n = shape + 1; term > sum * 1e-16; ++n) sum += term *= x / n;
    return std::min(1.0, sum * front);
  }
  double b = x + 1 - shape;
  double c = std::numeric_limits<double>::max();
  double d = 1 / b;
  double fraction = d;
  for (int i = 1; i < 1000; ++i) {
    const double a = -i * (i - shape);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    fraction *= c * d;
    if (std::abs(c * d - 1) < 1e-15) break;
  }
  return std::max(0.0, 1 - front * fraction);
}

/// By bisection.
double gamma_quantile(double shape, double level) {
  double low = 0;
  double high = 1;
  while (gamma_cdf(shape, high) < level) high *= 2;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (gamma_cdf(shape, middle) < level ? low : high) = middle;
  }
  return high;
}

}  // namespace

Distribution lognormal_of(double mean_s, double scv) {
  constexpr double kConstantBelow = 1e-9;
  Distribution law;
  if (scv < kConstantBelow) {
    law.location_s = mean_s;
    return law;
  }
  law.law = Distribution::Law::kLognormal;
  law.shape = std::sqrt(std::log1p(scv));
  law.scale_s = mean_s / std::sqrt(1 + scv);
  return law;
}

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
  const double mean = mean_s();
  double sum = 0;
  for (const double value : values_s) sum += square(value - mean);
  return sum / static_cast<double>(values_s.size());
}

double Distribution::scv() const {
  const double mean = mean_s();
  return mean > 0 ? variance() / square(mean) : 0;
}

double Distribution::cdf(double seconds) const {
  if (law == Law::kEmpirical) {
    const auto within = std::count_if(values_s.begin(), values_s.end(),
                                      [&](double value) { return value <= seconds; });
    return values_s.empty() ? 1
                            : static_cast<double>(within) / static_cast<double>(values_s.size());
  }
  const double x = seconds - location_s;
  if (law == Law::kConstant || scale_s <= 0) return x >= 0 ? 1 : 0;
  if (x <= 0) return 0;
  if (law == Law::kExponential) return -std::expm1(-x / scale_s);
  if (law == Law::kGamma) return gamma_cdf(shape, x / scale_s);
  return normal_cdf(std::log(x / scale_s) / shape);
}

double Distribution::quantile_s(double level) const {
  switch (law) {
    case Law::kConstant:
      return location_s;
    case Law::kExponential:
      return location_s - scale_s * std::log1p(-level);
    case Law::kGamma:
      return location_s + scale_s * gamma_quantile(shape, level);
    case Law::kLognormal:
      return location_s + scale_s * std::exp(shape * normal_quantile(level));
    case Law::kEmpirical:
      break;
  }
  if (values_s.empty()) return 0;
  std::vector<double> sorted = values_s;
  std::sort(sorted.begin(), sorted.end());
  const auto rank = static_cast<std::size_t>(std::ceil(level * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
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
                          : distribution.quantile_s(level);
  }
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
