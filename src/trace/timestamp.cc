#include "trace/timestamp.h"

#include <fmt/format.h>

namespace starling {

std::string timestamp_text(TimePoint time, bool has_calendar) {
  if (!has_calendar) {
    const auto since_start = time.time_since_epoch();
    return since_start % 1s == Duration{0} ? fmt::format("{}", since_start / 1s)
                                           : fmt::format("{:.6f}", seconds(since_start));
  }
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int(date.year()), unsigned(date.month()),
                  unsigned(date.day()), clock.hours().count(), clock.minutes().count(),
                  clock.seconds().count());
  if (clock.subseconds().count() != 0) text += fmt::format(".{:06}", clock.subseconds().count());
  return text + "Z";
}

}  // namespace starling
