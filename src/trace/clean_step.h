// Cleaning, steps: how far apart a workload's points are, and its values on that grid.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "trace/cleaning_report.h"
#include "trace/samples.h"
#include "trace/series.h"

namespace starling {

/// The step of sorted times.
struct DetectedStep {
  Duration step{};
  std::int64_t distances = 0;  // between neighbours that differ
  std::int64_t fitting = 0;    // of these: whole multiples of the step, within the tolerance
};

/// The most common distance of neighbours. Distances within 10 % of each other count as one, so
/// that a sampler's jitter does not hide the step: where no exact distance is nine tenths of them,
/// it is their mean, rounded to a usual step (1s, 5s, … 1h) within 1 %. Nothing for fewer than two
/// different times.
std::optional<DetectedStep> detect_step(const std::vector<std::int64_t>& times_us);

/// How rows are laid out on the grid.
struct GridOptions {
  Duration step{};
  Quantity quantity = Quantity::kGauge;
  bool has_calendar = false;
  std::int64_t points_max = 0;  // of this one series
  /// Events: each row lies in the step that holds its time, the grid spans [from, to], and a step
  /// without rows is zero. Otherwise each row goes to the nearest step, and a step without rows is
  /// missing.
  bool is_events = false;
  TimePoint from{};  // with is_events
  TimePoint to{};
};

/// A workload on its grid, and what that took.
struct Gridded {
  Series series;
  Touched shared;          // rows that went into a step with others: merged as duplicates are
  Touched gaps;            // stretches of steps without a row
  std::int64_t empty = 0;  // steps without a row
};

/// Lays sorted samples out on the grid that begins with the first of them (with events: with the
/// step, counted from the epoch, that holds `from`). Errors: more than points_max points.
Result<Gridded> lay_on_grid(Samples samples, const GridOptions& options);

}  // namespace starling
