// Series with known properties for the tests of `describe`.
#pragma once

#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "base/rng.h"
#include "trace/series.h"

namespace starling {

/// value(i) at each of `points` steps, all present.
inline Series series_for_tests(std::size_t points, Duration step,
                               const std::function<double(std::size_t)>& value) {
  Series series{.workload = "w", .start = {}, .step = step, .values = {}, .present = {}};
  for (std::size_t i = 0; i < points; ++i) series.values.push_back(value(i));
  series.present.assign(points, 1);
  return series;
}

inline Series series_of(std::vector<double> values, Duration step = 1min) {
  return series_for_tests(values.size(), step, [&](std::size_t i) { return values[i]; });
}

/// 1 + sin with the given period, and normal noise of the given deviation.
inline Series sine_for_tests(std::size_t points, Duration step, Duration period, double noise,
                             std::uint64_t seed) {
  Rng rng(seed);
  return series_for_tests(points, step, [&](std::size_t i) {
    const double phase = static_cast<double>(i) * seconds(step) / seconds(period);
    return 1 + std::sin(2 * std::numbers::pi * phase) + noise * rng.normal();
  });
}

}  // namespace starling
