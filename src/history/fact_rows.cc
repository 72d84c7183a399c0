#include "history/fact_rows.h"

#include <optional>

namespace starling::history {
namespace {

template <typename T>
sql::Appender& add(sql::Appender& rows, const std::optional<T>& value) {
  return value ? rows.add(*value) : rows.add(nullptr);
}

const char* name_of(PlacementFact::Event event) {
  switch (event) {
    case PlacementFact::Event::kStart:
      return "start";
    case PlacementFact::Event::kReady:
      return "ready";
    case PlacementFact::Event::kStop:
      return "stop";
    case PlacementFact::Event::kFail:
      return "fail";
  }
  return "";
}

void add_columns(sql::Appender& rows, TimePoint time, const UsageFact& fact, RowKeys keys) {
  rows.add(time).add(keys.model).add(keys.place);
  add(rows.add(fact.arrivals).add(fact.completed).add(fact.failed), fact.within_slo);
  rows.add(fact.in_flight).add(fact.queued).add(fact.latency.sum() * 1000);
  add(rows.add(fact.replicas_ready), fact.cpu_cores).add(1.0);
}

void add_columns(sql::Appender& rows, TimePoint time, const CostFact& fact, RowKeys keys) {
  rows.add(time).add(keys.model).add(keys.place);
  rows.add(fact.replica_seconds).add(fact.cpu_core_seconds).add(fact.memory_gib_seconds);
  rows.add(fact.cost).add(seconds(fact.length));
}

void add_columns(sql::Appender& rows, TimePoint time, const HealthFact& fact, RowKeys keys) {
  rows.add(time).add(keys.place).add(fact.cpu_used).add(fact.cpu_capacity);
  rows.add(fact.memory_used_bytes).add(fact.memory_capacity_bytes);
  add(rows.add(fact.replicas).add(fact.members_live), fact.specs_age_s);
  add(add(rows, fact.agent_rss_bytes), fact.disk_free_bytes);
  rows.add(fact.rows_shed).add(seconds(fact.length));
}

}  // namespace

Status append(sql::Appender& rows, const UsageFact& fact, RowKeys keys) {
  add_columns(rows, fact.time, fact, keys);
  return rows.end_row();
}

Status append(sql::Appender& rows, const DemandFact& fact, RowKeys keys) {
  rows.add(fact.time).add(keys.model).add(keys.place).add(fact.arrivals);
  return rows.end_row();
}

Status append(sql::Appender& rows, const ForecastFact& fact, RowKeys keys) {
  TimePoint target = fact.origin;
  for (const ForecastQuantiles& quantiles : fact.steps) {
    rows.add(fact.origin).add(target).add(keys.model).add(keys.place);
    rows.add(seconds(fact.step)).add(fact.method);
    for (const double quantile : quantiles) rows.add(quantile);
    if (Status status = rows.end_row(); !status) return status;
    target += fact.step;
  }
  return {};
}

Status append(sql::Appender& rows, const DecisionFact& fact, RowKeys keys) {
  rows.add(fact.time).add(keys.model).add(keys.place);
  rows.add(fact.policy).add(fact.shadow).add(fact.desired).add(fact.current);
  rows.add(fact.reason).add(fact.planned_rate).add(fact.guards_json).add(fact.candidates_json);
  rows.add(fact.arrival_rate).add(fact.in_flight).add(fact.queued).add(fact.utilization);
  rows.add(fact.ready).add(fact.starting).add(fact.cold_start_s);
  add(add(rows, fact.expert), fact.expert_share);
  add(add(add(rows, fact.service_mean_s), fact.service_scv), fact.occupied_s);
  return rows.end_row();
}

Status append(sql::Appender& rows, const ShadowFact& fact, RowKeys keys) {
  rows.add(fact.time).add(keys.model).add(keys.place).add(fact.policy).add(fact.acting);
  rows.add(fact.wished).add(fact.ready).add(fact.replica_seconds).add(fact.arrivals);
  add(rows.add(fact.missed_estimate), fact.missed);
  return rows.end_row();
}

Status append(sql::Appender& rows, const BidFact& fact, RowKeys keys) {
  rows.add(fact.time).add(keys.model).add(keys.place).add(fact.owner);
  rows.add(fact.offered).add(fact.awarded).add(fact.started).add(fact.price_per_hour);
  rows.add(fact.outcome).add(fact.note);
  return rows.end_row();
}

Status append(sql::Appender& rows, const PlacementFact& fact, RowKeys keys) {
  rows.add(fact.time).add(fact.replica).add(keys.model).add(keys.place);
  add(rows.add(name_of(fact.event)), fact.cold_start_s).add(fact.detail);
  return rows.end_row();
}

Status append(sql::Appender& rows, const CostFact& fact, RowKeys keys) {
  add_columns(rows, fact.time, fact, keys);
  return rows.end_row();
}

Status append(sql::Appender& rows, const HealthFact& fact, RowKeys keys) {
  add_columns(rows, fact.time, fact, keys);
  return rows.end_row();
}

Status append_latency(sql::Appender& rows, TimePoint time, const UsageFact& fact, RowKeys keys) {
  std::int32_t bucket = fact.latency.first();
  for (const std::uint64_t count : fact.latency.buckets()) {
    if (count > 0) {
      rows.add(time).add(keys.model).add(keys.place);
      rows.add(bucket).add(static_cast<std::int64_t>(count));
      if (Status status = rows.end_row(); !status) return status;
    }
    ++bucket;
  }
  return {};
}

Status append_partial(sql::Appender& rows, TimePoint time, const UsageFact& fact, RowKeys keys) {
  add_columns(rows, time, fact, keys);
  rows.add(fact.arrivals).add(fact.in_flight);
  return rows.end_row();
}

Status append_partial(sql::Appender& rows, TimePoint time, const DemandFact& fact, RowKeys keys) {
  rows.add(time).add(keys.model).add(keys.place).add(fact.arrivals).add(1.0);
  return rows.end_row();
}

Status append_partial(sql::Appender& rows, TimePoint time, const CostFact& fact, RowKeys keys) {
  add_columns(rows, time, fact, keys);
  return rows.end_row();
}

Status append_partial(sql::Appender& rows, TimePoint time, const HealthFact& fact, RowKeys keys) {
  add_columns(rows, time, fact, keys);
  rows.add(fact.cpu_used).add(fact.memory_used_bytes);
  return rows.end_row();
}

}  // namespace starling::history
