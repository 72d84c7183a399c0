// From what a file holds to series that can be trusted: every cleaning step in its order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "trace/clean_times.h"
#include "trace/cleaning_report.h"
#include "trace/hampel.h"
#include "trace/samples.h"
#include "trace/series.h"

namespace starling {

/// What the user knows better, and what is to be done beyond reporting.
struct CleanOptions {
  std::optional<Duration> step = std::nullopt;       // default: stated by the format, or detected
  std::optional<TimeUnit> time_unit = std::nullopt;  // default: detected
  std::string time_zone = {};                        // IANA name of local times; empty: UTC
  std::optional<Quantity> quantity = std::nullopt;   // default: the format's; counts of events
  std::optional<std::string> value_unit = std::nullopt;  // of all values; default: detected
  bool is_events = false;  // rows are events: a step without any is zero, within the trace's span
  bool allow_negative = false;
  std::int64_t stuck_points = 12;  // equal non-zero values that make a sensor stuck
  bool mask_stuck = false;
  HampelOptions hampel = {};
  bool drop_outliers = false;
  std::int64_t points_max = 100'000'000;  // over all series, gaps included (9 bytes each)
};

/// Series, and what was done to get them. `quantity` is never kCounter: counters became counts.
struct CleanTrace {
  std::vector<Series> series;  // in the order of the trace; each has its own start and step
  Quantity quantity = Quantity::kGauge;
  bool quantity_assumed = false;  // nothing and nobody states it
  std::string unit;
  bool has_calendar = false;
  CleaningReport report;
};

/// Cleans a trace. The steps, in this order, each a line of the report: rows the reader skipped;
/// impossible values; time unit; time zone; order; duplicate times; value unit; step; gaps;
/// counter resets; stuck sensors; outliers. Except for local times (see clean_zone.h) the order of
/// the rows does not change the series. Errors: no rows, a step that cannot be known, an unknown
/// time zone or local times without a calendar, more than points_max points.
Result<CleanTrace> clean(RawTrace trace, const CleanOptions& options = {});

}  // namespace starling
