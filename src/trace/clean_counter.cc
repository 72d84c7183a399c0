#include "trace/clean_counter.h"

#include <fmt/format.h>

#include <optional>

#include "trace/timestamp.h"

namespace starling {

CounterCounts counts_of_counter(Series readings, bool has_calendar) {
  CounterCounts result;
  std::vector<double>& values = readings.values;
  std::vector<std::uint8_t>& present = readings.present;
  const auto time_of = [&](std::size_t i) {
    return timestamp_text(readings.start + static_cast<std::int64_t>(i) * readings.step,
                          has_calendar);
  };
  std::optional<std::size_t> last;  // the reading before; values[*last] is still a reading
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!present[i]) continue;
    if (last) {
      const double reading = values[i];
      const double before = values[*last];
      const bool is_reset = reading < before;
      const double count = is_reset ? reading : reading - before;
      if (is_reset) {
        result.resets.add(
            [&] { return fmt::format("{} after {} at {}", reading, before, time_of(i)); });
      }
      const bool adjacent = *last + 1 == i;
      if (!adjacent) {
        result.across.add(
            [&] { return fmt::format("{} between {} and {}", count, time_of(*last), time_of(i)); });
      }
      values[*last] = adjacent ? count : 0;
      present[*last] = adjacent ? 1 : 0;
    }
    last = i;
  }
  if (last) {
    values[*last] = 0;
    present[*last] = 0;
  }
  if (values.size() > 1) {
    values.pop_back();
    present.pop_back();
  }
  result.counts = std::move(readings);
  return result;
}

}  // namespace starling
