// What a reader makes of a file before it is cleaned: timestamped values as the file has them.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace starling {

/// What a value is, which decides how it is cleaned and how several become one.
enum class Quantity {
  kCount,    // events within an interval: they add up
  kRate,     // events per second, the mean over an interval
  kGauge,    // a level: CPU, memory, replicas
  kCounter,  // an ever growing total: its differences are counts
};

/// A value that the file does not have, or that is no number.
inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// The rows of one workload in the order of the file. Times are µs since the epoch, or since the
/// trace's start where the format has no calendar; unsorted and repeated ones are allowed here.
/// `times_us` and `values` have the same length.
struct Samples {
  std::string workload;
  std::vector<std::int64_t> times_us;
  std::vector<double> values;
};

/// Rows that a reader could not take, all for one reason.
struct Skipped {
  std::string reason;  // "not a number", "no timestamp"
  std::int64_t count = 0;
  std::vector<std::string> examples;  // at most a few: "file:line: the text"
};

/// What a reader makes of one or several files of one format.
struct RawTrace {
  std::string format;  // its name, as in `trace list`
  Quantity quantity = Quantity::kGauge;
  bool quantity_assumed = false;                // neither the format nor the file states it
  std::string unit;                             // "requests", "tokens", "%", …
  std::optional<Duration> step = std::nullopt;  // where the format states it
  bool has_calendar = false;                    // times are since the epoch
  std::vector<Samples> workloads;               // in order of first appearance
  std::vector<Skipped> skipped;
};

}  // namespace starling
