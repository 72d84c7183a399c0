// Reading values off a forecast.
#include "forecast/forecaster.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace starling {

double Forecast::quantile(std::size_t step_index, double level) const {
  assert(!steps.empty());
  const Quantiles& held = steps[std::min(step_index, steps.size() - 1)];
  if (level <= kQuantileLevels.front()) return held.front();
  if (level >= kQuantileLevels.back()) return held.back();
  const auto above = std::upper_bound(kQuantileLevels.begin(), kQuantileLevels.end(), level);
  const auto i = static_cast<std::size_t>(above - kQuantileLevels.begin());
  const double share =
      (level - kQuantileLevels[i - 1]) / (kQuantileLevels[i] - kQuantileLevels[i - 1]);
  return held[i - 1] + share * (held[i] - held[i - 1]);
}

double Forecast::peak(TimePoint from, TimePoint to, double level) const {
  assert(!steps.empty() && step > Duration::zero());
  const double step_s = seconds(step);
  const double last = static_cast<double>(steps.size() - 1);
  const double begin = std::clamp(std::floor(seconds(from - origin) / step_s), 0.0, last);
  const double end = std::clamp(std::ceil(seconds(to - origin) / step_s) - 1, begin, last);
  double highest = 0;
  for (auto h = static_cast<std::size_t>(begin); h <= static_cast<std::size_t>(end); ++h) {
    highest = std::max(highest, quantile(h, level));
  }
  return highest;
}

}  // namespace starling
