#include "trace/clean_stuck.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <vector>

#include "base/units.h"
#include "trace/timestamp.h"

namespace starling {
namespace {

struct Run {
  std::size_t begin = 0;
  std::size_t size = 0;
};

}  // namespace

Touched find_stuck(Series& series, const StuckOptions& options) {
  assert(options.points_min >= 2);
  const auto size_min = static_cast<std::size_t>(options.points_min);
  std::vector<Run> runs;        // long enough to be stuck
  std::int64_t neighbours = 0;  // outside of them
  std::int64_t moves = 0;       // of these, the two differ
  for (std::size_t begin = 0; begin < series.size();) {
    if (!series.present[begin]) {
      ++begin;
      continue;
    }
    std::size_t end = begin + 1;
    while (end < series.size() && series.present[end] &&
           series.values[end] == series.values[begin]) {
      ++end;
    }
    if (end - begin >= size_min && series.values[begin] != 0) {
      runs.push_back({begin, end - begin});
    } else {
      neighbours += static_cast<std::int64_t>(end - begin) - 1;
    }
    if (end < series.size() && series.present[end]) {
      ++neighbours;
      ++moves;
    }
    begin = end;
  }
  Touched touched;
  if (2 * moves <= neighbours) return touched;
  for (const Run& run : runs) {
    const auto points = static_cast<std::int64_t>(run.size);
    touched.add([&] {
      return fmt::format(
          "{} for {} from {}", series.values[run.begin], format_duration(points * series.step),
          timestamp_text(series.start + static_cast<std::int64_t>(run.begin) * series.step,
                         options.has_calendar));
    });
    touched.points += points - 1;
    if (!options.mask) continue;
    std::fill_n(series.values.begin() + static_cast<std::ptrdiff_t>(run.begin), run.size, 0.0);
    std::fill_n(series.present.begin() + static_cast<std::ptrdiff_t>(run.begin), run.size,
                std::uint8_t{0});
  }
  return touched;
}

}  // namespace starling
