#include "history/tiers.h"

#include <algorithm>
#include <string>

#include "history/roll_up_cost.sql.h"
#include "history/roll_up_demand.sql.h"
#include "history/roll_up_health.sql.h"
#include "history/roll_up_latency.sql.h"
#include "history/roll_up_usage.sql.h"
#include "history/score_forecasts.sql.h"

namespace starling::history {
namespace {

// A second's facts reach the queue within two seconds and the writer half a second later; what
// comes even later is added to the tiers when it comes.
constexpr Duration kGrace = 5s;
constexpr Duration kSliceMax = 1h;

/// How one tier is made.
struct Making {
  Derived tier;
  const char* table;
  const char* source;
  std::chrono::minutes unit;
  /// The tier whose watermark this one follows; itself where the source is a raw table.
  Derived follows;
};

constexpr Making kMakings[kTiers] = {
    {Derived::kUsageMinute, "tier_usage_minute", "fact_usage", 1min, Derived::kUsageMinute},
    {Derived::kLatencyMinute, "tier_latency_minute", "fact_latency", 1min, Derived::kLatencyMinute},
    {Derived::kDemandMinute, "tier_demand_minute", "fact_demand", 1min, Derived::kDemandMinute},
    {Derived::kUsageHour, "tier_usage_hour", "tier_usage_minute", 60min, Derived::kUsageMinute},
    {Derived::kLatencyHour, "tier_latency_hour", "tier_latency_minute", 60min,
     Derived::kLatencyMinute},
    {Derived::kCostHour, "tier_cost_hour", "fact_cost", 60min, Derived::kCostHour},
    {Derived::kHealthHour, "tier_health_hour", "fact_health", 60min, Derived::kHealthHour},
    {Derived::kForecastError, "fact_forecast_error", "fact_forecast", 1min,
     Derived::kForecastError},
};

const Making& making_of(Derived tier) { return kMakings[static_cast<std::size_t>(tier)]; }

TimePoint floored(TimePoint time, std::chrono::minutes unit) {
  return TimePoint(time.time_since_epoch() / unit * unit);
}

std::string statement_of(const Making& making) {
  const bool from_raw = making.follows == making.tier;
  const auto roll_up = [&](std::string_view sql) {
    return fmt::format(fmt::runtime(sql), fmt::arg("tier", making.table),
                       fmt::arg("source", making.source),
                       fmt::arg("unit_us", Duration(making.unit).count()),
                       fmt::arg("arrivals_max", from_raw ? "arrivals" : "arrivals_max"),
                       fmt::arg("in_flight_max", from_raw ? "in_flight" : "in_flight_max"));
  };
  switch (making.tier) {
    case Derived::kUsageMinute:
    case Derived::kUsageHour:
      return roll_up(kRollUpUsageSql);
    case Derived::kLatencyMinute:
    case Derived::kLatencyHour:
      return roll_up(kRollUpLatencySql);
    case Derived::kDemandMinute:
      return std::string(kRollUpDemandSql);
    case Derived::kCostHour:
      return std::string(kRollUpCostSql);
    case Derived::kHealthHour:
      return std::string(kRollUpHealthSql);
    case Derived::kForecastError:
      return std::string(kScoreForecastsSql);
  }
  return "";
}

/// The time in the single row that a query gives, or nothing where it is null or absent.
Result<std::optional<TimePoint>> time_of(Result<sql::Rows> rows) {
  if (!rows) return fail(rows.error());
  auto chunk = rows->next();
  if (!chunk) return fail(chunk.error());
  if (!*chunk || (*chunk)->is_null(0, 0)) return std::optional<TimePoint>();
  return std::optional((*chunk)->timestamp(0, 0));
}

Status roll_up(sql::Connection& connection, const Making& making, TimePoint from, TimePoint until) {
  auto rolled = connection.query(statement_of(making), {from, until});
  if (!rolled) return fail(rolled.error());
  auto moved = connection.query("INSERT OR REPLACE INTO tier_state VALUES ($1, $2)",
                                {std::string(making.table), until});
  if (!moved) return fail(moved.error());
  return {};
}

}  // namespace

std::string_view table_of(Derived tier) { return making_of(tier).table; }

Status Tiers::load(sql::Connection& connection) {
  for (const Making& making : kMakings) {
    const auto done = time_of(connection.query(
        "SELECT max(done_until) FROM tier_state WHERE tier = $1", {std::string(making.table)}));
    if (!done) return fail(done.error());
    done_until_[static_cast<std::size_t>(making.tier)] = done->value_or(TimePoint{});
  }
  return {};
}

Result<bool> Tiers::advance(sql::Connection& connection, TimePoint now) {
  const std::array<TimePoint, kTiers> before = done_until_;
  if (!is_due(now)) return false;
  if (Status status = connection.execute("BEGIN TRANSACTION"); !status) return fail(status.error());
  auto more = advance_all(connection, now);
  if (more) {
    const Status committed = connection.execute("COMMIT");
    if (committed) return more;
    more = fail(committed.error());
  }
  static_cast<void>(connection.execute("ROLLBACK"));
  done_until_ = before;
  return more;
}

TimePoint Tiers::over(Derived tier, TimePoint now) const {
  const Making& making = making_of(tier);
  const bool from_raw = making.follows == tier;
  return floored(from_raw ? now - kGrace : done_until(making.follows), making.unit);
}

bool Tiers::is_due(TimePoint now) const {
  return std::any_of(std::begin(kMakings), std::end(kMakings), [&](const Making& making) {
    return over(making.tier, now) > done_until(making.tier);
  });
}

Result<bool> Tiers::advance_all(sql::Connection& connection, TimePoint now) {
  bool more = false;
  for (const Making& making : kMakings) {  // minutes before the hours that are made of them
    TimePoint& done = done_until_[static_cast<std::size_t>(making.tier)];
    const TimePoint end = over(making.tier, now);
    if (end <= done) continue;
    // Ages without rows, a new file's first of all, are passed over in one step.
    const auto first = time_of(connection.query(
        fmt::format("SELECT min(time) FROM {} WHERE time >= $1", making.source), {done}));
    if (!first) return fail(first.error());
    const TimePoint from = floored(std::max(done, first->value_or(end)), making.unit);
    const TimePoint until = std::min(end, floored(from + kSliceMax, making.unit));
    if (Status status = roll_up(connection, making, done, until); !status) {
      return fail(status.error().code, "{}: {}", making.table, status.error().message);
    }
    done = until;
    more = more || until < end;
  }
  return more;
}

}  // namespace starling::history
