#include "trace/describe_week.h"

#include <limits>

namespace starling {

WeekProfile week_profile(const Series& series, bool has_calendar) {
  WeekProfile sums{};
  std::array<std::array<double, 24>, 7> counts{};
  // The epoch was a Thursday, three days after a Monday.
  const Duration days_before = has_calendar ? Duration{72h} : Duration{0};
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!series.present[i]) continue;
    const TimePoint at = series.start + series.step * static_cast<std::int64_t>(i);
    const auto hours =
        std::chrono::floor<std::chrono::hours>(at.time_since_epoch() + days_before).count();
    const auto hour_of_week = static_cast<std::size_t>(((hours % 168) + 168) % 168);
    sums[hour_of_week / 24][hour_of_week % 24] += series.values[i];
    ++counts[hour_of_week / 24][hour_of_week % 24];
  }
  for (std::size_t day = 0; day < 7; ++day) {
    for (std::size_t hour = 0; hour < 24; ++hour) {
      const double count = counts[day][hour];
      double& mean = sums[day][hour];
      mean = count > 0 ? mean / count : std::numeric_limits<double>::quiet_NaN();
    }
  }
  return sums;
}

}  // namespace starling
