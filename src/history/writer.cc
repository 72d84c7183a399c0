#include "history/writer.h"

#include <algorithm>
#include <type_traits>

#include "history/newest_time.sql.h"

namespace starling::history {
namespace {

TimePoint start_of(TimePoint time, std::chrono::minutes unit) {
  return TimePoint(time.time_since_epoch() / unit * unit);
}

template <typename Fact>
TimePoint time_of(const Fact& fact) {
  if constexpr (std::is_same_v<Fact, ForecastFact>) {
    return fact.origin;
  } else {
    return fact.time;
  }
}

/// The tier that an event's rows are added up in.
struct Part {
  Derived tier;
  std::chrono::minutes unit;
};
template <typename Fact>
constexpr std::optional<Part> part_of() {
  if (std::is_same_v<Fact, DemandFact>) return Part{Derived::kDemandMinute, 1min};
  if (std::is_same_v<Fact, CostFact>) return Part{Derived::kCostHour, 60min};
  if (std::is_same_v<Fact, HealthFact>) return Part{Derived::kHealthHour, 60min};
  return std::nullopt;
}

/// The newest time that the file has.
Result<TimePoint> newest_of(sql::Connection& connection) {
  auto rows = connection.query(std::string(kNewestTimeSql));
  if (!rows) return fail(rows.error());
  auto chunk = rows->next();
  if (!chunk) return fail(chunk.error());
  return (*chunk)->is_null(0, 0) ? TimePoint{} : (*chunk)->timestamp(0, 0);
}

}  // namespace

Result<Writer> Writer::open(sql::Connection connection, const PlaceInfo& own) {
  Writer writer(std::move(connection), own.node);
  if (Status status = writer.reload(); !status) return fail(status.error());
  if (Status status = writer.keys_.set_place(writer.connection_, own); !status) {
    return fail(status.error());
  }
  const auto newest = newest_of(writer.connection_);
  if (!newest) return fail(newest.error());
  writer.newest_ = *newest;
  return writer;
}

Status Writer::reload() {
  if (Status status = keys_.load(connection_); !status) return status;
  return tiers_.load(connection_);
}

Status Writer::write(const Batch& batch) {
  if (batch.empty()) return {};
  // Keys that could not be read after a failure would be given out a second time.
  if (!keys_.is_loaded()) {
    if (Status status = reload(); !status) return status;
  }
  if (Status status = connection_.execute("BEGIN TRANSACTION"); !status) return status;
  Status status = write_rows(batch);
  if (status) status = connection_.execute("COMMIT");
  if (status) return status;
  // The keys that this batch brought are gone with its rows.
  static_cast<void>(connection_.execute("ROLLBACK"));
  if (Status reloaded = reload(); !reloaded) return reloaded;
  return status;
}

Status Writer::write_rows(const Batch& batch) {
  for (const Event& event : batch.events) {
    const auto* place = std::get_if<PlaceInfo>(&event);
    if (place == nullptr) continue;
    if (Status status = keys_.set_place(connection_, *place); !status) return status;
  }
  Status status = write_usage(batch);
  if (status) status = write_events<DemandFact>(batch, "fact_demand");
  if (status) status = write_events<ForecastFact>(batch, "fact_forecast");
  if (status) status = write_events<DecisionFact>(batch, "fact_decision");
  if (status) status = write_events<ShadowFact>(batch, "fact_shadow");
  if (status) status = write_events<BidFact>(batch, "fact_bid");
  if (status) status = write_events<PlacementFact>(batch, "fact_placement");
  if (status) status = write_events<CostFact>(batch, "fact_cost");
  if (status) status = write_events<HealthFact>(batch, "fact_health");
  if (status) status = keys_.write_minutes(connection_);
  return status;
}

Status Writer::write_usage(const Batch& batch) {
  if (batch.usage.empty()) return {};
  auto rows = sql::Appender::open(connection_, "fact_usage");
  if (!rows) return fail(rows.error());
  auto buckets = sql::Appender::open(connection_, "fact_latency");
  if (!buckets) return fail(buckets.error());
  const TimePoint minutes_done = std::max(tiers_.done_until(Derived::kUsageMinute),
                                          tiers_.done_until(Derived::kLatencyMinute));
  std::vector<const UsageFact*> late;
  for (const UsageFact& fact : batch.usage) {
    const auto keys = keys_of(fact);
    if (!keys) return fail(keys.error());
    if (Status status = append(*rows, fact, *keys); !status) return status;
    if (Status status = append_latency(*buckets, fact.time, fact, *keys); !status) return status;
    if (fact.time < minutes_done) late.push_back(&fact);
  }
  Status status = rows->flush();
  if (status) status = buckets->flush();
  if (status && !late.empty()) {
    status = write_late_usage(late, Derived::kUsageMinute, Derived::kLatencyMinute, 1min);
    if (status) status = write_late_usage(late, Derived::kUsageHour, Derived::kLatencyHour, 60min);
  }
  return status;
}

Status Writer::write_late_usage(const std::vector<const UsageFact*>& late, Derived usage_tier,
                                Derived latency_tier, std::chrono::minutes unit) {
  auto rows = sql::Appender::open(connection_, std::string(table_of(usage_tier)));
  if (!rows) return fail(rows.error());
  auto buckets = sql::Appender::open(connection_, std::string(table_of(latency_tier)));
  if (!buckets) return fail(buckets.error());
  for (const UsageFact* fact : late) {
    const auto keys = keys_of(*fact);
    if (!keys) return fail(keys.error());
    const TimePoint time = start_of(fact->time, unit);
    Status status;
    // An hour's watermark is compared with the minute, because hours are made of minutes.
    const TimePoint minute = start_of(fact->time, 1min);
    if (minute < tiers_.done_until(usage_tier)) status = append_partial(*rows, time, *fact, *keys);
    if (status && minute < tiers_.done_until(latency_tier)) {
      status = append_latency(*buckets, time, *fact, *keys);
    }
    if (!status) return status;
  }
  if (Status status = rows->flush(); !status) return status;
  return buckets->flush();
}

template <typename Fact>
Status Writer::write_events(const Batch& batch, const char* table) {
  std::optional<sql::Appender> rows;
  for (const Event& event : batch.events) {
    const Fact* fact = std::get_if<Fact>(&event);
    if (fact == nullptr) continue;
    if (!rows) {
      auto opened = sql::Appender::open(connection_, table);
      if (!opened) return fail(opened.error());
      rows.emplace(std::move(*opened));
    }
    const auto keys = keys_of(*fact);
    if (!keys) return fail(keys.error());
    if (Status status = append(*rows, *fact, *keys); !status) return status;
    if (Status status = write_late(*fact, *keys); !status) return status;
  }
  return rows ? rows->flush() : Status{};
}

template <typename Fact>
Status Writer::write_late(const Fact& fact, RowKeys keys) {
  constexpr auto kPart = part_of<Fact>();
  if constexpr (kPart.has_value()) {
    if (fact.time >= tiers_.done_until(kPart->tier)) return {};
    auto rows = sql::Appender::open(connection_, std::string(table_of(kPart->tier)));
    if (!rows) return fail(rows.error());
    const Status status = append_partial(*rows, start_of(fact.time, kPart->unit), fact, keys);
    return status ? rows->flush() : status;
  } else {
    return {};
  }
}

/// The keys of a fact's dimensions, new ones where it is the first to name them.
template <typename Fact>
Result<RowKeys> Writer::keys_of(const Fact& fact) {
  RowKeys keys;
  if constexpr (!std::is_same_v<Fact, HealthFact>) {
    const auto model = keys_.model(connection_, fact.model);
    if (!model) return fail(model.error());
    keys.model = *model;
  }
  const auto place = keys_.place(connection_, fact.node);
  if (!place) return fail(place.error());
  keys.place = *place;
  newest_ = std::max(newest_, time_of(fact));
  keys_.minute(time_of(fact));
  if constexpr (std::is_same_v<Fact, ForecastFact>) {
    for (std::size_t step = 1; step < fact.steps.size(); ++step) {
      keys_.minute(fact.origin + static_cast<std::int64_t>(step) * fact.step);
    }
  }
  return keys;
}

}  // namespace starling::history
