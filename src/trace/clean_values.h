// Cleaning, values: what no sensor can have meant, and which unit the values are in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "trace/cleaning_report.h"
#include "trace/samples.h"

namespace starling {

/// Whether a value of this kind may lie below zero: only a gauge, and of these not the ones whose
/// unit (percent, shares, time, bytes, things that are counted) has no negative side.
bool may_be_negative(Quantity quantity, std::string_view unit);

/// Infinite values, and negative ones unless allowed, become missing.
Touched mask_impossible(Samples& samples, bool negative_allowed, bool has_calendar);

/// The unit that a workload's name states in its last word: "cpu_percent" → "%", "latency_ms" →
/// "ms", "busy_ratio" → "share", "wait_seconds" → "s"; nothing when it states none.
std::optional<std::string> unit_in_name(std::string_view name);

/// "share" when values stated in "%" cannot be: at least 20 known ones, none above 1, and not all
/// of them 0 or 1. Values above 1 keep "%". Nothing where the magnitude says nothing.
std::optional<std::string> unit_by_magnitude(const RawTrace& trace);

/// What a value in `from` is multiplied by to be in `to` ("share" and "%"; "us", "ms" and "s");
/// nothing when they do not measure the same.
std::optional<double> unit_factor(std::string_view from, std::string_view to);

/// Multiplies every value.
Touched scale_values(Samples& samples, double factor);

}  // namespace starling
