#include "history/schema.h"

namespace starling::history {
namespace {

constexpr const char* kTables = R"sql(
-- Dimensions. Time has no table: the views below derive minute, hour, day and week from each fact's second.
CREATE TABLE IF NOT EXISTS dim_place (
  place_id INTEGER PRIMARY KEY,
  cloud VARCHAR NOT NULL, region VARCHAR NOT NULL, zone VARCHAR NOT NULL,
  node VARCHAR NOT NULL
);
CREATE TABLE IF NOT EXISTS dim_model (
  model_id INTEGER PRIMARY KEY,
  tenant VARCHAR NOT NULL, model VARCHAR NOT NULL, version VARCHAR NOT NULL
);

-- Facts, appended in time order. The columns' order is the appenders' order.
CREATE TABLE IF NOT EXISTS fact_usage (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  arrivals BIGINT NOT NULL, completed BIGINT NOT NULL, failed BIGINT NOT NULL,
  in_flight DOUBLE NOT NULL, queued DOUBLE NOT NULL,
  latency_mean_ms DOUBLE, latency_p50_ms DOUBLE, latency_p95_ms DOUBLE, latency_p99_ms DOUBLE,
  replicas_ready INTEGER NOT NULL, cpu_cores DOUBLE
);
CREATE TABLE IF NOT EXISTS fact_forecast (
  origin TIMESTAMP NOT NULL, time TIMESTAMP NOT NULL,
  model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  step_s DOUBLE NOT NULL, method VARCHAR NOT NULL,
  q05 DOUBLE, q10 DOUBLE, q20 DOUBLE, q30 DOUBLE, q40 DOUBLE, q50 DOUBLE,
  q60 DOUBLE, q70 DOUBLE, q80 DOUBLE, q90 DOUBLE, q95 DOUBLE, q99 DOUBLE
);
CREATE TABLE IF NOT EXISTS fact_decision (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  policy VARCHAR NOT NULL, shadow BOOLEAN NOT NULL,
  desired INTEGER NOT NULL, current INTEGER NOT NULL,
  reason VARCHAR NOT NULL, planned_rate DOUBLE NOT NULL,
  guards VARCHAR NOT NULL, candidates VARCHAR NOT NULL,
  arrival_rate DOUBLE NOT NULL, in_flight DOUBLE NOT NULL, queued DOUBLE NOT NULL,
  utilization DOUBLE NOT NULL, ready INTEGER NOT NULL, starting INTEGER NOT NULL,
  cold_start_s DOUBLE NOT NULL
);
CREATE TABLE IF NOT EXISTS fact_placement (
  time TIMESTAMP NOT NULL, replica VARCHAR NOT NULL,
  model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  event VARCHAR NOT NULL, cold_start_s DOUBLE, detail VARCHAR NOT NULL
);
)sql";

// What people query: facts with their dimensions, so that a roll-up is one GROUP BY.
constexpr const char* kViews = R"sql(
CREATE OR REPLACE MACRO time_minute(t) AS date_trunc('minute', t);
CREATE OR REPLACE MACRO time_hour(t) AS date_trunc('hour', t);
CREATE OR REPLACE MACRO time_day(t) AS date_trunc('day', t);
CREATE OR REPLACE MACRO time_week(t) AS date_trunc('week', t);

CREATE OR REPLACE VIEW usage AS
SELECT f.* EXCLUDE (model_id, place_id),
       time_minute(f.time) AS minute, time_hour(f.time) AS hour,
       time_day(f.time) AS day, time_week(f.time) AS week,
       tenant, model, version, cloud, region, zone, node
FROM fact_usage f JOIN dim_model USING (model_id) JOIN dim_place USING (place_id);

CREATE OR REPLACE VIEW forecast AS
SELECT f.* EXCLUDE (model_id, place_id),
       time_minute(f.time) AS minute, time_hour(f.time) AS hour,
       time_day(f.time) AS day, time_week(f.time) AS week,
       tenant, model, version, cloud, region, zone, node
FROM fact_forecast f JOIN dim_model USING (model_id) JOIN dim_place USING (place_id);

CREATE OR REPLACE VIEW decision AS
SELECT f.* EXCLUDE (model_id, place_id),
       time_minute(f.time) AS minute, time_hour(f.time) AS hour,
       time_day(f.time) AS day, time_week(f.time) AS week,
       tenant, model, version, cloud, region, zone, node
FROM fact_decision f JOIN dim_model USING (model_id) JOIN dim_place USING (place_id);

CREATE OR REPLACE VIEW placement AS
SELECT f.* EXCLUDE (model_id, place_id),
       time_minute(f.time) AS minute, time_hour(f.time) AS hour,
       time_day(f.time) AS day, time_week(f.time) AS week,
       tenant, model, version, cloud, region, zone, node
FROM fact_placement f JOIN dim_model USING (model_id) JOIN dim_place USING (place_id);

-- Each forecast step beside the rate that came, over the seconds of the step that were recorded.
CREATE OR REPLACE VIEW forecast_error AS
WITH second AS (
  SELECT time, model_id, sum(arrivals) AS arrivals FROM fact_usage GROUP BY ALL
), actual AS (
  SELECT f.origin, f.time, f.model_id, f.place_id, f.method, avg(s.arrivals) AS actual_rate
  FROM fact_forecast f JOIN second s
    ON s.model_id = f.model_id AND s.time >= f.time
   AND s.time < f.time + to_microseconds(CAST(f.step_s * 1e6 AS BIGINT))
  GROUP BY ALL
)
SELECT f.origin, f.time, f.step_s, f.method, f.q05, f.q50, f.q95, a.actual_rate,
       f.q50 - a.actual_rate AS error, abs(f.q50 - a.actual_rate) AS absolute_error,
       a.actual_rate BETWEEN f.q05 AND f.q95 AS covered,
       time_minute(f.time) AS minute, time_hour(f.time) AS hour,
       time_day(f.time) AS day, time_week(f.time) AS week,
       tenant, model, version, cloud, region, zone, node
FROM fact_forecast f
JOIN actual a USING (origin, time, model_id, place_id, method)
JOIN dim_model USING (model_id) JOIN dim_place USING (place_id);
)sql";

/// The version that the file says it has, 0 for a new file.
Result<std::int64_t> stored_version(sql::Connection& connection) {
  const Status created =
      connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
  if (!created) return fail(created.error());
  auto rows = connection.query("SELECT coalesce(max(version), 0) FROM schema_version");
  if (!rows) return fail(rows.error());
  auto chunk = rows->next();
  if (!chunk) return fail(chunk.error());
  return (*chunk)->integer(0, 0);
}

}  // namespace

Status create_schema(sql::Connection& connection) {
  const auto version = stored_version(connection);
  if (!version) return fail(version.error());
  if (*version != 0 && *version != kSchemaVersion) {
    return fail(
        ErrorCode::kInvalid,
        "its history has schema version {}, this program writes version {}: move the file away "
        "to begin a new one",
        *version, kSchemaVersion);
  }
  if (Status status = connection.execute(kTables); !status) return status;
  if (*version == 0) {
    const Status status =
        connection.execute(fmt::format("INSERT INTO schema_version VALUES ({})", kSchemaVersion));
    if (!status) return status;
  }
  return connection.execute(kViews);
}

}  // namespace starling::history
