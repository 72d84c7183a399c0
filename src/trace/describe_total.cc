#include "trace/describe_total.h"

#include <algorithm>
#include <cmath>

#include "base/units.h"

namespace starling {
namespace {

/// Where a workload is known, and how large it is on average.
struct Extent {
  std::size_t first = 0;
  std::size_t end = 0;  // one past the last present point
  double size = 0;      // mean of |value|
};

Extent extent_of(const Series& series) {
  Extent extent;
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!series.present[i]) continue;
    if (count == 0) extent.first = i;
    extent.end = i + 1;
    sum += std::abs(series.values[i]);
    ++count;
  }
  extent.size = count > 0 ? sum / count : 0;
  return extent;
}

/// What is expected at each time, and how much of it is there.
struct Sizes {
  std::vector<double> expected;
  std::vector<double> present;
  std::vector<std::uint8_t> any;  // at least one workload is present
};

void add(const Series& series, Series& total, Sizes& sizes) {
  const auto offset = static_cast<std::size_t>(
      std::llround(seconds(series.start - total.start) / seconds(total.step)));
  const Extent extent = extent_of(series);
  for (std::size_t i = extent.first; i < extent.end; ++i) {
    const std::size_t at = std::min(offset + i, total.size() - 1);
    sizes.expected[at] += extent.size;
    if (!series.present[i]) continue;
    total.values[at] += series.values[i];
    sizes.present[at] += extent.size;
    sizes.any[at] = 1;
  }
}

}  // namespace

Result<Series> total_of(const std::vector<Series>& workloads, std::size_t points_max) {
  if (workloads.empty()) return fail(ErrorCode::kInvalid, "no workload to sum");
  Series total{.workload = "total",
               .start = workloads[0].start,
               .step = workloads[0].step,
               .values = {},
               .present = {}};
  TimePoint end = total.start;
  for (const Series& series : workloads) {
    if (series.step != total.step) {
      return fail(ErrorCode::kInvalid,
                  "steps differ ({} has {}, {} has {}): no total without resampling",
                  workloads[0].workload, format_duration(total.step), series.workload,
                  format_duration(series.step));
    }
    total.start = std::min(total.start, series.start);
    end = std::max(end, series.start + series.step * static_cast<std::int64_t>(series.size()));
  }
  const auto length =
      static_cast<std::size_t>(std::llround(seconds(end - total.start) / seconds(total.step)));
  if (length > points_max) {
    return fail(ErrorCode::kTooLarge,
                "no total: from the first workload's start to the last one's end are {} steps, "
                "over the bound of {}",
                length, points_max);
  }
  total.values.assign(length, 0);
  total.present.assign(length, 0);
  Sizes sizes{.expected = std::vector<double>(length, 0),
              .present = std::vector<double>(length, 0),
              .any = std::vector<std::uint8_t>(length, 0)};
  for (const Series& series : workloads) add(series, total, sizes);
  for (std::size_t i = 0; i < length; ++i) {
    const bool enough = sizes.any[i] != 0 && 2 * sizes.present[i] >= sizes.expected[i];
    total.present[i] = enough ? 1 : 0;
    const bool partial = enough && sizes.present[i] < sizes.expected[i];
    if (partial) total.values[i] *= sizes.expected[i] / sizes.present[i];
    if (!enough) total.values[i] = 0;
  }
  return total;
}

}  // namespace starling
