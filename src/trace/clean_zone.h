// Cleaning, time zones: local times as UTC, also on the days of 23 and 25 hours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "trace/cleaning_report.h"
#include "trace/samples.h"

namespace starling {

/// A zone's offset from UTC from an instant on.
struct ZoneOffset {
  TimePoint since{};
  Duration offset{};
};

/// The offsets of an IANA zone ("Europe/Berlin") in force between two instants, in order; the
/// first holds for all time before. From DuckDB's ICU, so it needs no tzdata on the machine; years
/// outside 1970 to 2100 have the offset of the nearest one inside. Errors: no such zone, with the
/// nearest name.
Result<std::vector<ZoneOffset>> zone_offsets(const std::string& zone, TimePoint from, TimePoint to);

/// What became of a workload's local times.
struct LocalTimes {
  Touched shifted;   // every row
  Touched skipped;   // stand in an hour that the clocks skipped: read by the offset before it
  Touched repeated;  // stand in an hour that the clocks showed twice, told apart by the rows' order
  Touched assumed;   // the same, where the order tells nothing: taken as the first of the two
};

/// Turns local times into UTC, in place; call it before sorting, for only the order of the rows
/// tells the two passes of a repeated hour apart: they part where the local time falls back most,
/// if that is at least a quarter of the overlap, or between two rows of the same local time if
/// they are the only ones.
LocalTimes local_to_utc(Samples& samples, const std::vector<ZoneOffset>& offsets);

}  // namespace starling
