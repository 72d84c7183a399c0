// How long the history keeps what. Apart from retention.h, so that an agent's configuration needs
// no database.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace starling::history {

struct RetentionOptions {
  Duration raw_age = std::chrono::hours(48);       // seconds: usage, latency, cost, health
  Duration minute_age = std::chrono::days(30);     // the minute tiers
  Duration hour_age = std::chrono::days(730);      // the hour tiers
  Duration event_age = std::chrono::days(30);      // forecasts, decisions, bids, placements
  std::int64_t bytes_max = std::int64_t{8} << 30;  // of the file's blocks in use
};

}  // namespace starling::history
