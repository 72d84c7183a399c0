// Whole steps of time, also before the epoch.
#pragma once

#include <cstdint>

namespace starling {

/// a / b towards minus infinity; b > 0.
constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

}  // namespace starling
