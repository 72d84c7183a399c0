// Implements feature/window.h.
#include "feature/window.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace starling {
namespace {

constexpr double kScaleMin = 1e-6;

}  // namespace

bool is_demand(double value) { return value >= 0 && value <= kDemandMax; }

MaskedWindow last_window(std::span<const double> values, std::span<const std::uint8_t> present,
                         std::size_t length) {
  assert(values.size() == present.size());
  MaskedWindow window;
  window.values.resize(length, 0.0);
  window.present.resize(length, 0);
  const std::size_t taken = std::min(length, values.size());
  for (std::size_t i = 0; i < taken; ++i) {
    const std::size_t from = values.size() - taken + i;
    if (!present[from] || !is_demand(values[from])) continue;
    window.values[length - taken + i] = values[from];
    window.present[length - taken + i] = 1;
    ++window.known;
  }
  return window;
}

bool seldom_changing_count(std::span<const double> values, std::span<const std::uint8_t> present) {
  constexpr double kChangesMax = 0.3;  // share of steps
  int known = 0, pairs = 0, changes = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!present[i]) continue;
    if (values[i] != std::floor(values[i])) return false;
    ++known;
    if (i == 0 || !present[i - 1]) continue;
    ++pairs;
    changes += values[i] != values[i - 1];
  }
  return known > 0 && changes <= kChangesMax * pairs;
}

WindowScale window_scale(const MaskedWindow& window, double level) {
  WindowScale scale{.level = level, .spread = kScaleMin, .mean = kScaleMin};
  if (window.known == 0) return scale;

  double sum = 0;
  double change = 0;
  int changes = 0;
  for (std::size_t i = 0; i < window.size(); ++i) {
    if (!window.present[i]) continue;
    sum += window.values[i];
    if (i == 0 || !window.present[i - 1]) continue;
    change += std::abs(window.values[i] - window.values[i - 1]);
    ++changes;
  }
  const double mean = sum / window.known;
  double squares = 0;
  for (std::size_t i = 0; i < window.size(); ++i) {
    if (window.present[i]) squares += (window.values[i] - mean) * (window.values[i] - mean);
  }
  const double deviation = std::sqrt(squares / window.known);
  const double mean_change = changes > 0 ? change / changes : 0;
  scale.spread = std::max(kScaleMin, 0.5 * deviation + 0.5 * mean_change + 0.02 * mean);
  scale.mean = std::max(kScaleMin, mean);
  return scale;
}

}  // namespace starling
