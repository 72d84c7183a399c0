#include "apps/cli/replay_sql.h"

#include <fmt/format.h>

#include "apps/cli/node_answers.h"
#include "base/iso8601.h"

namespace starling::cli {
namespace {

constexpr int kStartsKept = 50;  // of a model, on one node

std::string at(TimePoint time) { return fmt::format("TIMESTAMP '{}'", iso8601(time)); }

std::string is_one_of(const ModelNames& models) {
  std::string list;
  for (const auto& model : models) list += (list.empty() ? "" : ", ") + sql_text(model);
  return fmt::format("model IN ({})", list);
}

std::string within(TimePoint since, TimePoint until, const ModelNames& models) {
  return fmt::format("time >= {} AND time < {} AND {}", at(since), at(until), is_one_of(models));
}

std::string within(const ReplaySpan& span, const ModelNames& models) {
  return within(span.since, span.until, models);
}

/// "usage" → "usage_minute", as the span's step is.
std::string tier(const char* fact, const ReplaySpan& span) {
  return fmt::format("{}{}", fact, span.step == 1s ? "" : (span.step == 60s ? "_minute" : "_hour"));
}

std::int64_t step_seconds(const ReplaySpan& span) {
  return std::chrono::duration_cast<std::chrono::seconds>(span.step).count();
}

}  // namespace

std::string coverage_sql(TimePoint since, TimePoint until, const ModelNames& models) {
  std::string sql;
  for (const auto& [step, view] :
       {std::pair{1, "usage"}, std::pair{60, "usage_minute"}, std::pair{3600, "usage_hour"}}) {
    sql += fmt::format(
        "SELECT {}, epoch(min(time))::BIGINT, epoch(max(time))::BIGINT FROM {} WHERE {} UNION ALL ",
        step, view, within(since, until, models));
  }
  return sql + fmt::format(
                   "SELECT 0, epoch(max(time))::BIGINT, "
                   "(epoch(max(time)) + arg_max(seconds, time))::BIGINT FROM cost WHERE {}",
                   within(since, until, models));
}

std::string demand_sql(const ReplaySpan& span, const std::string& model) {
  return fmt::format(
      "SELECT string_agg(step::VARCHAR || ' ' || arrivals::VARCHAR, ' ') FROM "
      "(SELECT (epoch(time)::BIGINT - {0}) // {1} AS step, sum(arrivals)::BIGINT AS arrivals "
      "FROM {2} WHERE {3} GROUP BY step HAVING sum(arrivals) > 0) GROUP BY step // 1000",
      static_cast<std::int64_t>(unix_seconds(span.since)), step_seconds(span), tier("usage", span),
      within(span, {model}));
}

std::string usage_sql(const ReplaySpan& span, const ModelNames& models) {
  return fmt::format(
      "SELECT model, sum(completed)::BIGINT, sum(failed)::BIGINT, "
      "coalesce(sum(within_slo), 0)::BIGINT, "
      "coalesce(sum(completed + failed) FILTER (within_slo IS NOT NULL), 0)::BIGINT, "
      "sum(latency_sum_ms), sum(cpu_cores * seconds) FROM {} WHERE {} GROUP BY model",
      tier("usage", span), within(span, models));
}

std::string latency_sql(const ReplaySpan& span, const ModelNames& models) {
  return fmt::format("SELECT bucket, sum(count)::BIGINT FROM {} WHERE {} GROUP BY bucket",
                     tier("latency", span), within(span, models));
}

std::string cost_sql(const ReplaySpan& span, const ModelNames& models) {
  // Of a record that the span cuts, the part inside counts.
  constexpr const char* kPart =
      "SELECT model, sum(replica_seconds * part), sum(cost * part), "
      "sum(cpu_core_seconds * part) FROM (SELECT *, "
      "greatest(0, epoch(least(time + to_seconds({2}), {1})) - epoch(greatest(time, {0}))) / {2} "
      "AS part FROM ({3}) WHERE time > {0} - INTERVAL 1 HOUR AND time < {1} AND {4}) "
      "GROUP BY model";
  const auto sums = [&](const char* length, const char* rows) {
    return fmt::format(fmt::runtime(kPart), at(span.since), at(span.until), length, rows,
                       is_one_of(models));
  };
  if (span.step == 1s) return sums("seconds", "FROM cost");
  return sums("3600", "FROM cost_hour") + " UNION ALL " +
         sums("seconds",
              "FROM cost WHERE time >= (SELECT coalesce(max(time) + INTERVAL 1 HOUR, "
              "TIMESTAMP '1970-01-01') FROM cost_hour)");
}

std::string decision_sql(const ReplaySpan& span, const ModelNames& models) {
  return fmt::format(
      "SELECT model, sum(weight), sum(weight * service_mean_s), "
      "sum(weight * service_mean_s * service_mean_s * (1 + service_scv)), "
      "sum(weight * occupied_s), count(*) FILTER (desired <> current), count(*), "
      "median(gap) / 1e6, epoch(min(time)), arg_min(current, time), arg_max(cold_start_s, time) "
      "FROM (SELECT *, CASE WHEN service_mean_s IS NULL THEN 0 ELSE arrival_rate END AS weight, "
      "epoch_us(time) - lag(epoch_us(time)) OVER (PARTITION BY model ORDER BY time) AS gap "
      "FROM decision WHERE NOT shadow AND {}) GROUP BY model",
      within(span, models));
}

std::string start_sql(const ReplaySpan& span, const ModelNames& models) {
  return fmt::format(
      "SELECT model, cold_start_s FROM placement WHERE event = 'ready' AND cold_start_s > 0 AND "
      "time < {} AND {} QUALIFY row_number() OVER (PARTITION BY model ORDER BY time DESC) <= {}",
      at(span.until), is_one_of(models), kStartsKept);
}

}  // namespace starling::cli
