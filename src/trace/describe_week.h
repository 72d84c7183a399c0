// A workload's usual week: its mean by hour of the day and day of the week.
#pragma once

#include <array>

#include "trace/series.h"

namespace starling {

/// mean[day][hour] of the present points that begin then; NaN where there are none. Hours are UTC.
/// Day 0 is Monday; in a trace without a calendar, day 0 is its first.
using WeekProfile = std::array<std::array<double, 24>, 7>;

WeekProfile week_profile(const Series& series, bool has_calendar);

}  // namespace starling
