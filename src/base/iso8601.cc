#include "base/iso8601.h"

#include <algorithm>
#include <charconv>

namespace starling {
namespace {

/// Takes a number of exactly `digits` digits off the front of a text.
bool take(std::string_view& text, std::size_t digits, unsigned& value) {
  if (text.size() < digits) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits) return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// ".25" → 250000; nothing is zero.
bool take_fraction(std::string_view& text, unsigned& micros) {
  micros = 0;
  if (!take(text, '.')) return true;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 6 || !take(text, digits, micros)) return false;
  for (std::size_t i = digits; i < 6; ++i) micros *= 10;
  return true;
}

bool take_clock(std::string_view& text, Duration& clock) {
  unsigned hour = 0, minute = 0, second = 0, micros = 0;
  if (!take(text, 2, hour) || hour > 23) return false;
  if (take(text, ':')) {
    if (!take(text, 2, minute) || minute > 59) return false;
    if (take(text, ':') && (!take(text, 2, second) || second > 59 || !take_fraction(text, micros)))
      return false;
  }
  clock = std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) +
          Duration(micros);
  return true;
}

}  // namespace

Result<TimePoint> parse_iso8601(std::string_view text) {
  const std::string_view whole = text;
  unsigned year = 0, month = 0, day = 0;
  Duration clock{0};
  bool good = take(text, 4, year) && take(text, '-') && take(text, 2, month) && take(text, '-') &&
              take(text, 2, day);
  if (good && !text.empty() && text != "Z") {
    good = (take(text, 'T') || take(text, ' ')) && take_clock(text, clock);
  }
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day)};
  if (!good || !(text.empty() || text == "Z") || !date.ok() || year < 1970 || year > 2200) {
    return fail(ErrorCode::kInvalid,
                "'{}' is not a time such as 2026-01-31 or 2026-01-31T12:00:00Z (UTC)",
                whole.substr(0, 64));
  }
  return TimePoint(std::chrono::sys_days(date)) + clock;
}

std::string iso8601(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) text += fmt::format(".{:06}", clock.subseconds().count());
  return text + "Z";
}

}  // namespace starling
