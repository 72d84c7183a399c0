// The roll-up tiers: raw facts into minutes, minutes into hours, each up to a watermark.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "sql/database.h"

namespace starling::history {

/// What is made from the facts; each bears its table's name in tier_state.
enum class Derived {
  kUsageMinute,
  kLatencyMinute,
  kDemandMinute,
  kUsageHour,
  kLatencyHour,
  kCostHour,
  kHealthHour,
  kForecastError,
};
inline constexpr std::size_t kTiers = 8;
std::string_view table_of(Derived tier);

/// Keeps the watermarks: source rows with time < done_until(tier) are in the tier, so whoever
/// writes an older row adds it to the tier too. One thread uses it, the connection's.
class Tiers {
 public:
  Status load(sql::Connection& connection);
  TimePoint done_until(Derived tier) const { return done_until_[static_cast<std::size_t>(tier)]; }

  /// Rolls up what is over by `now`, some seconds of grace included, in one transaction with the
  /// watermarks, and at most an hour of each source, so that writing never waits long: repeat it.
  /// Returns whether there is more to do at once. After an error nothing has changed.
  Result<bool> advance(sql::Connection& connection, TimePoint now);

 private:
  /// Until when the tier could be made by `now`.
  TimePoint over(Derived tier, TimePoint now) const;
  bool is_due(TimePoint now) const;
  Result<bool> advance_all(sql::Connection& connection, TimePoint now);

  std::array<TimePoint, kTiers> done_until_{};
};

}  // namespace starling::history
