// What the history forgets: rows that are too old, and the oldest ones where the file grows too
// large.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "history/retention_options.h"
#include "history/tiers.h"
#include "sql/database.h"

namespace starling::history {

/// Deletes in small steps, each a transaction. A fact that is not in its tiers yet stays. When the
/// file is too large the oldest raw rows go first, then minutes, then events, then hours, but never
/// the newest hour of anything. One thread uses it, the connection's.
class Retention {
 public:
  explicit Retention(const RetentionOptions& options) : options_(options) {}

  /// One step; looks around only every ten minutes of `now` unless there was more to do. Returns
  /// whether there is more to do at once.
  Result<bool> step(sql::Connection& connection, const Tiers& tiers, TimePoint now);

  /// Before these no row may need its minute, or its hour, in the time dimension.
  TimePoint minutes_since(TimePoint now) const;
  TimePoint hours_since(TimePoint now) const;

 private:
  Result<bool> forget_old(sql::Connection& connection, const Tiers& tiers, TimePoint now);
  Result<bool> make_room(sql::Connection& connection, const Tiers& tiers, TimePoint now);

  RetentionOptions options_;
  TimePoint next_{};
};

}  // namespace starling::history
