#include "trace/season_loess.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace starling {
namespace {

struct Fit {
  double value = std::numeric_limits<double>::quiet_NaN();
  double own_weight = 0;  // what the fitted value owes to the value at its own place
};

double tricube(double u) {
  const double v = 1 - u * u * u;
  return v > 0 ? v * v * v : 0;
}

/// The line through the window, read at `at`. Sums are in distances d from there, so that the
/// fitted value is Σ w·(s2 − s1·d)·y / (s0·s2 − s1²).
Fit fit_at(std::span<const double> y, std::size_t at, std::size_t window) {
  const std::size_t length = std::min(window, y.size());
  const std::size_t left = std::min(at - std::min(at, length / 2), y.size() - length);
  const std::size_t reach = std::max(at - left, left + length - 1 - at);
  // A window longer than the series weighs it as if the series went on.
  const double width = static_cast<double>(reach) + 1 + static_cast<double>(window - length) / 2;
  double s0 = 0;
  double s1 = 0;
  double s2 = 0;
  double y0 = 0;
  double y1 = 0;
  for (std::size_t i = left; i < left + length; ++i) {
    if (std::isnan(y[i])) continue;
    const double d = static_cast<double>(i) - static_cast<double>(at);
    const double w = tricube(std::abs(d) / width);
    s0 += w;
    s1 += w * d;
    s2 += w * d * d;
    y0 += w * y[i];
    y1 += w * d * y[i];
  }
  if (s0 <= 0) return {};
  const double determinant = s0 * s2 - s1 * s1;
  const bool own = !std::isnan(y[at]);
  // One place, or several as good as one: no line, only a mean.
  if (determinant <= 1e-9 * s0 * s2) return {y0 / s0, own ? 1 / s0 : 0};
  return {(s2 * y0 - s1 * y1) / determinant, own ? s2 / determinant : 0};
}

/// Fills places without a fit from the nearest ones with, on a line between them.
void bridge(std::vector<double>& knots) {
  std::size_t last = knots.size();
  for (std::size_t i = 0; i < knots.size(); ++i) {
    if (std::isnan(knots[i])) continue;
    const std::size_t from = last == knots.size() ? 0 : last + 1;
    const double before = last == knots.size() ? knots[i] : knots[last];
    for (std::size_t j = from; j < i; ++j) {
      const double share = static_cast<double>(j + 1 - from) / static_cast<double>(i + 1 - from);
      knots[j] = before + share * (knots[i] - before);
    }
    last = i;
  }
  const double rest = last == knots.size() ? 0 : knots[last];
  for (std::size_t j = last == knots.size() ? 0 : last + 1; j < knots.size(); ++j) knots[j] = rest;
}

}  // namespace

Smoothed loess(std::span<const double> y, std::size_t window) {
  Smoothed result;
  if (y.empty()) return result;
  const std::size_t jump = std::max<std::size_t>(1, window / 10);
  std::vector<double> knots;
  std::vector<std::size_t> places;
  double weights = 0;
  for (std::size_t at = 0;; at = std::min(at + jump, y.size() - 1)) {
    const Fit fit = fit_at(y, at, window);
    knots.push_back(fit.value);
    places.push_back(at);
    weights += fit.own_weight;
    if (at == y.size() - 1) break;
  }
  bridge(knots);
  result.parameters = weights / static_cast<double>(knots.size()) * static_cast<double>(y.size());

  result.values.resize(y.size(), knots[0]);
  for (std::size_t k = 1; k < knots.size(); ++k) {
    const auto span = static_cast<double>(places[k] - places[k - 1]);
    for (std::size_t i = places[k - 1]; i <= places[k]; ++i) {
      const double share = static_cast<double>(i - places[k - 1]) / span;
      result.values[i] = knots[k - 1] + share * (knots[k] - knots[k - 1]);
    }
  }
  return result;
}

}  // namespace starling
