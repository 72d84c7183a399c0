#include "trace/grid.h"

#include <cassert>
#include <cmath>
#include <unordered_map>

namespace starling {

std::optional<Duration> common_step(const std::vector<std::int64_t>& times_us) {
  std::unordered_map<std::int64_t, std::int64_t> counts;
  for (std::size_t i = 1; i < times_us.size(); ++i) {
    if (times_us[i] != times_us[i - 1]) ++counts[times_us[i] - times_us[i - 1]];
  }
  std::int64_t best = 0;
  std::int64_t best_count = 0;
  for (const auto& [difference, count] : counts) {
    if (count > best_count || (count == best_count && difference < best)) {
      best = difference;
      best_count = count;
    }
  }
  if (best_count == 0) return std::nullopt;
  return Duration{best};
}

Result<Grid> make_grid(const std::vector<std::int64_t>& times_us, Duration step,
                       bool allow_shared) {
  assert(!times_us.empty() && step > Duration{0});
  Grid grid{.start = TimePoint{Duration{times_us.front()}}, .step = step, .slots = {}};
  grid.slots.reserve(times_us.size());
  for (const std::int64_t time : times_us) {
    std::int64_t passed = 0;
    if (__builtin_sub_overflow(time, times_us.front() - step.count() / 2, &passed)) {
      return fail(ErrorCode::kInvalid, "timestamps {} s and {} s are too far apart",
                  static_cast<double>(times_us.front()) * 1e-6, static_cast<double>(time) * 1e-6);
    }
    const std::int64_t slot = passed / step.count();
    if (!allow_shared && !grid.slots.empty() && slot == grid.slots.back()) {
      return fail(ErrorCode::kInvalid,
                  "timestamps {} s and {} s fall into one step of {} s: give a smaller step, or "
                  "resample the file",
                  static_cast<double>(times_us[grid.slots.size() - 1]) * 1e-6,
                  static_cast<double>(time) * 1e-6, seconds(step));
    }
    grid.slots.push_back(slot);
  }
  return grid;
}

Series lay_out(const Grid& grid, Samples samples) {
  assert(samples.values.size() == grid.slots.size());
  Series series{.workload = std::move(samples.workload),
                .start = grid.start,
                .step = grid.step,
                .values = {},
                .present = {}};
  series.values.assign(static_cast<std::size_t>(grid.size()), 0.0);
  series.present.assign(series.values.size(), 0);
  double sum = 0;
  int count = 0;  // of known values in the slot at hand
  for (std::size_t i = 0; i < samples.values.size(); ++i) {
    if (i == 0 || grid.slots[i] != grid.slots[i - 1]) sum = count = 0;
    if (std::isnan(samples.values[i])) continue;
    sum += samples.values[i];
    ++count;
    const auto slot = static_cast<std::size_t>(grid.slots[i]);
    series.values[slot] = sum / count;
    series.present[slot] = 1;
  }
  return series;
}

}  // namespace starling
