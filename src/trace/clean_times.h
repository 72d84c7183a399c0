// Cleaning, times: the unit they are in, their order, and rows that share one.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "trace/cleaning_report.h"
#include "trace/samples.h"

namespace starling {

/// What a file's numeric times count, since the epoch or from the start.
enum class TimeUnit { kSeconds, kMilliseconds, kMicroseconds, kNanoseconds };

/// "s", "ms", "us", "ns"
const char* time_unit_name(TimeUnit unit);

/// The unit in which the times, read as seconds, are dates of our days (1990 to 2100), judged by
/// the median of the workloads' first times; nothing where they already are, or count from a
/// start: there only the user knows.
std::optional<TimeUnit> detect_time_unit(const RawTrace& trace);

/// Times that were read as seconds but count `unit` are put right.
Touched rescale_times(Samples& samples, TimeUnit unit);

/// Sorts the rows by time; rows of the same time keep their order. Counts the rows that stood
/// before an earlier one.
Touched sort_by_time(Samples& samples, bool has_calendar);

/// Several rows of one time become one: the sum of counts, the mean of rates and gauges, the
/// highest reading of a counter. Missing values take no part. Times must be sorted. The result
/// does not depend on the order of the rows.
Touched merge_duplicates(Samples& samples, Quantity quantity, bool has_calendar);

/// "summed", "averaged", "highest reading taken": what merging does, for the report.
const char* merge_action(Quantity quantity);

/// The earliest and the latest time of a trace that has at least one row.
std::pair<TimePoint, TimePoint> time_span(const RawTrace& trace);

/// Several values of one kind as one, by the same rule. NaN where `values` is empty. Sorts them.
double merged(std::vector<double>& values, Quantity quantity);

}  // namespace starling
