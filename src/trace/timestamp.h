// How trace files and reports write a time.
#pragma once

#include <string>

#include "base/clock.h"

namespace starling {

/// With a calendar ISO 8601 in UTC, "2024-05-01T12:00:00Z"; without one seconds from the trace's
/// start, "90". Parts of a second are written where there are any.
std::string timestamp_text(TimePoint time, bool has_calendar);

}  // namespace starling
