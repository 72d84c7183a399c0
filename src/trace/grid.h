// From timestamped values to an even grid: step detection, gaps, irregular times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "trace/samples.h"
#include "trace/series.h"

namespace starling {

/// Where timestamps (µs, never falling, at least one) lie on an even grid that begins with the
/// first.
struct Grid {
  TimePoint start{};
  Duration step{};
  std::vector<std::int64_t> slots;  // one a timestamp, never falling, the first is 0

  std::int64_t size() const { return slots.back() + 1; }
};

/// The most common difference of neighbours that differ, the smallest of equals; nothing if none
/// do.
std::optional<Duration> common_step(const std::vector<std::int64_t>& times_us);

/// Rounds each timestamp to its slot. Errors, with both timestamps: two in the same slot, unless
/// shared slots are allowed.
Result<Grid> make_grid(const std::vector<std::int64_t>& times_us, Duration step, bool allow_shared);

/// Lays samples out on the grid of their times: the mean where several share a slot, missing where
/// there is none.
Series lay_out(const Grid& grid, Samples samples);

}  // namespace starling
