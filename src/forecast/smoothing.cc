// Implements forecast/smoothing.h.
#include "forecast/smoothing.h"

#include <array>
#include <cassert>
#include <cmath>
#include <limits>

namespace starling {
namespace {

constexpr std::array<double, 8> kAlphas{0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0};

double one_step_error(const MaskedWindow& window, std::size_t first, double alpha) {
  double level = window.values[first];
  double error = 0;
  for (std::size_t i = first + 1; i < window.size(); ++i) {
    if (!window.present[i]) continue;
    const double miss = window.values[i] - level;
    error += std::abs(miss);
    level += alpha * miss;
  }
  return error;
}

}  // namespace

Smoothing smooth(const MaskedWindow& window) {
  assert(window.known > 0);
  Smoothing best;
  while (!window.present[best.first]) ++best.first;
  double best_error = std::numeric_limits<double>::infinity();
  for (const double alpha : kAlphas) {
    const double error = one_step_error(window, best.first, alpha);
    if (error >= best_error) continue;
    best_error = error;
    best.alpha = alpha;
  }
  best.levels.resize(window.size(), window.values[best.first]);
  for (std::size_t i = best.first + 1; i < window.size(); ++i) {
    const double before = best.levels[i - 1];
    best.levels[i] = window.present[i] ? before + best.alpha * (window.values[i] - before) : before;
  }
  return best;
}

std::vector<double> past_errors(const MaskedWindow& window, const Smoothing& smoothing, int h) {
  std::vector<double> errors;
  const auto ahead = static_cast<std::size_t>(h);
  for (std::size_t i = smoothing.first; i + ahead < window.size(); ++i) {
    if (window.present[i + ahead]) {
      errors.push_back(window.values[i + ahead] - smoothing.levels[i]);
    }
  }
  return errors;
}

}  // namespace starling
