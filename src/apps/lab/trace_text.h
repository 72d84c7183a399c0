// Figures, times and names as the trace commands show them to people.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/clock.h"

namespace starling::lab {

/// Times of a trace with a calendar as dates, of others as time from its start.
std::string described_time(TimePoint at, bool has_calendar);

/// "0.87", or a dash where there is none.
std::string figure(std::optional<double> value, int digits = 2);

/// Four significant digits, and no exponent where people need none: "0.01234", "12.35", "39400".
std::string amount(double value);

/// At most `width` columns, the middle cut out, without control characters: file contents must not
/// steer a terminal.
std::string short_name(const std::string& name, std::size_t width);

/// Columns of the terminal; 80 where standard output is none.
std::size_t terminal_columns();

}  // namespace starling::lab
