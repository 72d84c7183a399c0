#include "history/retention.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/log.h"

namespace starling::history {
namespace {

constexpr Duration kInterval = 10min;
constexpr Duration kNeverForgotten = 1h;

/// In the order in which they are given up when room is short.
enum class Level { kRaw, kMinute, kEvent, kHour };
constexpr Level kLevels[] = {Level::kRaw, Level::kMinute, Level::kEvent, Level::kHour};

struct Table {
  const char* name;
  Level level;
  /// What is made from it: rows that are not in there yet must stay.
  std::optional<Derived> feeds = std::nullopt;
  std::optional<Derived> feeds_too = std::nullopt;
};

constexpr Table kTables[] = {
    {"fact_usage", Level::kRaw, Derived::kUsageMinute},
    {"fact_demand", Level::kRaw, Derived::kForecastError, Derived::kDemandMinute},
    {"fact_latency", Level::kRaw, Derived::kLatencyMinute},
    {"fact_cost", Level::kRaw, Derived::kCostHour},
    {"fact_health", Level::kRaw, Derived::kHealthHour},
    {"tier_usage_minute", Level::kMinute, Derived::kUsageHour},
    {"tier_latency_minute", Level::kMinute, Derived::kLatencyHour},
    {"tier_demand_minute", Level::kMinute},
    {"fact_forecast", Level::kEvent, Derived::kForecastError},
    {"fact_forecast_error", Level::kEvent},
    {"fact_decision", Level::kEvent},
    {"fact_shadow", Level::kEvent},
    {"fact_bid", Level::kEvent},
    {"fact_placement", Level::kEvent},
    {"tier_usage_hour", Level::kHour},
    {"tier_latency_hour", Level::kHour},
    {"tier_cost_hour", Level::kHour},
    {"tier_health_hour", Level::kHour},
};

/// How much time one step deletes: some hundred thousand rows of a busy node.
Duration slice_of(Level level) {
  switch (level) {
    case Level::kRaw:
      return 1h;
    case Level::kMinute:
    case Level::kEvent:
      return std::chrono::days(1);
    case Level::kHour:
      return std::chrono::days(30);
  }
  return 1h;
}

Duration age_of(Level level, const RetentionOptions& options) {
  switch (level) {
    case Level::kRaw:
      return options.raw_age;
    case Level::kMinute:
      return options.minute_age;
    case Level::kEvent:
      return options.event_age;
    case Level::kHour:
      return options.hour_age;
  }
  return options.hour_age;
}

/// The time that one row stands for: a tier's row is dated by its start.
Duration length_of(Level level) {
  return level == Level::kHour ? 1h : level == Level::kMinute ? Duration(1min) : Duration{0};
}

TimePoint bounded(TimePoint cutoff, const Table& table, const Tiers& tiers) {
  for (const auto& derived : {table.feeds, table.feeds_too}) {
    if (derived) cutoff = std::min(cutoff, tiers.done_until(*derived));
  }
  return cutoff;
}

Result<std::optional<TimePoint>> oldest_of(sql::Connection& connection, const Table& table) {
  auto rows = connection.query(fmt::format("SELECT min(time) FROM {}", table.name));
  if (!rows) return fail(rows.error());
  auto chunk = rows->next();
  if (!chunk) return fail(chunk.error());
  if ((*chunk)->is_null(0, 0)) return std::optional<TimePoint>();
  return std::optional((*chunk)->timestamp(0, 0));
}

/// Deletes each table's rows before its time, in one transaction.
Status delete_all(sql::Connection& connection,
                  const std::vector<std::pair<const Table*, TimePoint>>& before) {
  if (before.empty()) return {};
  if (Status status = connection.execute("BEGIN TRANSACTION"); !status) return status;
  Status status;
  for (const auto& [table, time] : before) {
    auto rows =
        connection.query(fmt::format("DELETE FROM {} WHERE time < $1", table->name), {time});
    if (!rows) status = fail(rows.error().code, "{}: {}", table->name, rows.error().message);
    if (!rows) break;
  }
  if (status) status = connection.execute("COMMIT");
  if (!status) static_cast<void>(connection.execute("ROLLBACK"));
  return status;
}

/// Bytes of the blocks that hold data; free blocks of the file are used again.
Result<std::int64_t> bytes_used(sql::Connection& connection) {
  auto rows = connection.query("SELECT used_blocks * block_size FROM pragma_database_size()");
  if (!rows) return fail(rows.error());
  auto chunk = rows->next();
  if (!chunk) return fail(chunk.error());
  return (*chunk)->integer(0, 0);
}

}  // namespace

Result<bool> Retention::step(sql::Connection& connection, const Tiers& tiers, TimePoint now) {
  if (now < next_) return false;
  auto more = forget_old(connection, tiers, now);
  if (more && !*more) more = make_room(connection, tiers, now);
  if (!more || !*more) next_ = now + kInterval;
  return more;
}

TimePoint Retention::minutes_since(TimePoint now) const {
  return now - std::max({options_.raw_age, options_.minute_age, options_.event_age});
}

TimePoint Retention::hours_since(TimePoint now) const {
  return std::min(minutes_since(now), now - options_.hour_age);
}

Result<bool> Retention::forget_old(sql::Connection& connection, const Tiers& tiers, TimePoint now) {
  std::vector<std::pair<const Table*, TimePoint>> due;
  bool more = false;
  for (const Table& table : kTables) {
    const TimePoint cutoff = bounded(now - age_of(table.level, options_), table, tiers);
    const auto oldest = oldest_of(connection, table);
    if (!oldest) return fail(oldest.error());
    if (!*oldest || **oldest >= cutoff) continue;
    const TimePoint until = std::min(cutoff, **oldest + slice_of(table.level));
    due.emplace_back(&table, until);
    more = more || until < cutoff;
  }
  if (Status status = delete_all(connection, due); !status) return fail(status.error());
  return more;
}

Result<bool> Retention::make_room(sql::Connection& connection, const Tiers& tiers, TimePoint now) {
  auto used = bytes_used(connection);
  if (!used) return fail(used.error());
  if (*used <= options_.bytes_max) return false;
  // Deleted rows give their blocks back only with a checkpoint, which waits for the end of queries
  // that still see them: the next round tries again.
  if (!connection.execute("CHECKPOINT")) return false;
  used = bytes_used(connection);
  if (!used) return fail(used.error());
  if (*used <= options_.bytes_max) return false;
  const TimePoint newest = now - kNeverForgotten;
  for (const Level level : kLevels) {
    std::optional<TimePoint> oldest;
    for (const Table& table : kTables) {
      if (table.level != level) continue;
      const auto of_table = oldest_of(connection, table);
      if (!of_table) return fail(of_table.error());
      if (!*of_table || **of_table >= bounded(newest - length_of(level), table, tiers)) continue;
      oldest = std::min(oldest.value_or(TimePoint::max()), **of_table);
    }
    if (!oldest) continue;
    std::vector<std::pair<const Table*, TimePoint>> due;
    for (const Table& table : kTables) {
      if (table.level != level) continue;
      const TimePoint cutoff = bounded(newest - length_of(level), table, tiers);
      due.emplace_back(&table, std::min(cutoff, *oldest + slice_of(level)));
    }
    if (Status status = delete_all(connection, due); !status) return fail(status.error());
    return true;
  }
  spdlog::warn("history: {} MiB in use, over its limit of {} MiB, with nothing left to forget",
               *used >> 20, options_.bytes_max >> 20);
  return false;
}

}  // namespace starling::history
