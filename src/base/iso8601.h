// Times as people and JSON write them: ISO 8601, in UTC.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace starling {

/// "2026-01-31", "2026-01-31T12:00", "2026-01-31T12:00:05.25Z" (UTC; a blank may stand for the T),
/// from 1970 to 2200. Errors: kInvalid.
Result<TimePoint> parse_iso8601(std::string_view text);
/// "2026-01-31T12:00:00Z", with microseconds where there are any.
std::string iso8601(TimePoint time);

}  // namespace starling
