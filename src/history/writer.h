// Turns batches of facts into table rows, with the dimensions' keys, and keeps the tiers current.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "history/fact_rows.h"
#include "history/facts.h"
#include "history/keys.h"
#include "history/queue.h"
#include "history/tiers.h"
#include "sql/appender.h"
#include "sql/database.h"

namespace starling::history {

/// Writes each batch in one transaction: all of it is there, or nothing. One thread uses it.
class Writer {
 public:
  /// Learns the keys that the file already has, and records the node's own place.
  static Result<Writer> open(sql::Connection connection, const PlaceInfo& own);
  /// A fact older than a tier's watermark goes into the tier too, in the same transaction.
  Status write(const Batch& batch);
  /// One step of roll-up: see Tiers::advance.
  Result<bool> roll_up(TimePoint now) { return tiers_.advance(connection_, now); }

  /// Of all facts that were written or found in the file; a forecast counts by its origin.
  TimePoint newest() const { return newest_; }
  sql::Connection& connection() { return connection_; }
  const Tiers& tiers() const { return tiers_; }
  /// See Keys::forget.
  Status forget_keys(TimePoint minutes_since, TimePoint hours_since) {
    return keys_.forget(connection_, minutes_since, hours_since);
  }

 private:
  Writer(sql::Connection connection, std::string own_node)
      : connection_(std::move(connection)), keys_(std::move(own_node)) {}

  /// Keys and watermarks as the file has them.
  Status reload();
  Status write_rows(const Batch& batch);
  Status write_usage(const Batch& batch);
  Status write_late_usage(const std::vector<const UsageFact*>& late, Derived usage_tier,
                          Derived latency_tier, std::chrono::minutes unit);
  template <typename Fact>
  Status write_events(const Batch& batch, const char* table);
  template <typename Fact>
  Status write_late(const Fact& fact, RowKeys keys);
  template <typename Fact>
  Result<RowKeys> keys_of(const Fact& fact);

  sql::Connection connection_;
  Keys keys_;
  Tiers tiers_;
  TimePoint newest_{};
};

}  // namespace starling::history
