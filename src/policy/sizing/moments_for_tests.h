// Moments of a story that a test tells.
#pragma once

#include "base/clock.h"

namespace starling::testing_moments {

/// So long after it began.
inline TimePoint at(Duration since) { return from_unix_seconds(1'700'000'000) + since; }

}  // namespace starling::testing_moments
