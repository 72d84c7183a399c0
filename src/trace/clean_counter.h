// Cleaning, counters: an ever growing total as the counts between its readings.
#pragma once

#include "trace/cleaning_report.h"
#include "trace/series.h"

namespace starling {

/// The counts between a counter's readings, and what that took.
struct CounterCounts {
  Series counts;   // one point fewer than readings: counts[i] lies between readings i and i + 1
  Touched resets;  // a reading below the one before it
  Touched across;  // readings after a gap: how their difference is spread over it is not known
};

/// Differences of neighbouring readings. A reading below the one before it is a reset: the counter
/// began again at zero, so the new reading is the count, as in Prometheus's rate() and increase().
/// A difference across missing readings belongs to several steps and stays missing in each. A
/// single reading gives one missing point.
CounterCounts counts_of_counter(Series readings, bool has_calendar);

}  // namespace starling
