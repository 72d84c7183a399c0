// The time that an agent's threads go by.
#pragma once

#include "base/clock.h"

namespace starling::agent {

inline TimePoint system_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace starling::agent
