// Implements feature/calendar.h.
#include "feature/calendar.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numbers>

namespace starling {

std::vector<double> calendar_features(TimePoint t, int harmonics) {
  constexpr std::array<Duration, 3> kPeriods{1h, 24h, 7 * 24h};
  // The epoch was a Thursday, three days after a Monday; whole days leave hour and day alone.
  const Duration since_monday = t.time_since_epoch() + 3 * 24h;

  std::vector<double> features;
  features.reserve(kPeriods.size() * 2 * static_cast<std::size_t>(harmonics));
  for (const Duration period : kPeriods) {
    const Duration into = ((since_monday % period) + period) % period;
    const double phase = 2 * std::numbers::pi * seconds(into) / seconds(period);
    for (int k = 1; k <= harmonics; ++k) {
      features.push_back(std::sin(k * phase));
      features.push_back(std::cos(k * phase));
    }
  }
  return features;
}

std::vector<std::string> calendar_feature_names(int harmonics) {
  std::vector<std::string> names;
  for (const char* period : {"hour", "day", "week"}) {
    for (int k = 1; k <= harmonics; ++k) {
      names.push_back(fmt::format("{}_sin_{}", period, k));
      names.push_back(fmt::format("{}_cos_{}", period, k));
    }
  }
  return names;
}

}  // namespace starling
