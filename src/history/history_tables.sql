-- The star schema, version 5. The columns' order is the appenders' order; docs/history.md explains each table.

-- Dimensions. `dim_time` has a row for each minute that any fact or tier has; all times are UTC.
CREATE TABLE IF NOT EXISTS dim_time (
  minute TIMESTAMP PRIMARY KEY,
  hour TIMESTAMP NOT NULL, day TIMESTAMP NOT NULL, week TIMESTAMP NOT NULL,
  hour_of_day TINYINT NOT NULL, weekday TINYINT NOT NULL
);
CREATE TABLE IF NOT EXISTS dim_place (
  place_id INTEGER PRIMARY KEY,
  cloud VARCHAR NOT NULL, region VARCHAR NOT NULL, zone VARCHAR NOT NULL,
  node VARCHAR NOT NULL
);
CREATE TABLE IF NOT EXISTS dim_model (
  model_id INTEGER PRIMARY KEY,
  tenant VARCHAR NOT NULL, model VARCHAR NOT NULL, version VARCHAR NOT NULL
);

-- Facts, appended in about the order of time.
CREATE TABLE IF NOT EXISTS fact_usage (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  arrivals BIGINT NOT NULL, completed BIGINT NOT NULL, failed BIGINT NOT NULL, within_slo BIGINT,
  in_flight DOUBLE NOT NULL, queued DOUBLE NOT NULL, latency_sum_ms DOUBLE NOT NULL,
  replicas_ready INTEGER NOT NULL, cpu_cores DOUBLE, seconds DOUBLE NOT NULL
);
CREATE TABLE IF NOT EXISTS fact_latency (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  bucket SMALLINT NOT NULL, count BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS fact_demand (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  arrivals BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS fact_forecast (
  origin TIMESTAMP NOT NULL, time TIMESTAMP NOT NULL,
  model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  step_s DOUBLE NOT NULL, method VARCHAR NOT NULL,
  q05 DOUBLE, q10 DOUBLE, q20 DOUBLE, q30 DOUBLE, q40 DOUBLE, q50 DOUBLE,
  q60 DOUBLE, q70 DOUBLE, q80 DOUBLE, q90 DOUBLE, q95 DOUBLE, q99 DOUBLE
);
CREATE TABLE IF NOT EXISTS fact_forecast_error (
  origin TIMESTAMP NOT NULL, time TIMESTAMP NOT NULL,
  model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  step_s DOUBLE NOT NULL, horizon_s DOUBLE NOT NULL, method VARCHAR NOT NULL,
  actual DOUBLE NOT NULL, q05 DOUBLE, q50 DOUBLE, q95 DOUBLE,
  absolute_error DOUBLE, pinball DOUBLE, covered BOOLEAN
);
CREATE TABLE IF NOT EXISTS fact_decision (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  policy VARCHAR NOT NULL, shadow BOOLEAN NOT NULL,
  desired INTEGER NOT NULL, current INTEGER NOT NULL,
  reason VARCHAR NOT NULL, planned_rate DOUBLE NOT NULL,
  guards VARCHAR NOT NULL, candidates VARCHAR NOT NULL,
  arrival_rate DOUBLE NOT NULL, in_flight DOUBLE NOT NULL, queued DOUBLE NOT NULL,
  utilization DOUBLE NOT NULL, ready INTEGER NOT NULL, starting INTEGER NOT NULL,
  cold_start_s DOUBLE NOT NULL, expert VARCHAR, expert_share DOUBLE,
  service_mean_s DOUBLE, service_scv DOUBLE, occupied_s DOUBLE
);
CREATE TABLE IF NOT EXISTS fact_shadow (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  policy VARCHAR NOT NULL, acting BOOLEAN NOT NULL,
  wished INTEGER NOT NULL, ready INTEGER NOT NULL, replica_seconds DOUBLE NOT NULL,
  arrivals DOUBLE NOT NULL, missed_estimate DOUBLE NOT NULL, missed DOUBLE
);
CREATE TABLE IF NOT EXISTS fact_bid (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  owner VARCHAR NOT NULL, offered INTEGER NOT NULL, awarded INTEGER NOT NULL,
  started INTEGER NOT NULL, price_per_hour DOUBLE NOT NULL,
  outcome VARCHAR NOT NULL, note VARCHAR NOT NULL
);
CREATE TABLE IF NOT EXISTS fact_placement (
  time TIMESTAMP NOT NULL, replica VARCHAR NOT NULL,
  model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  event VARCHAR NOT NULL, cold_start_s DOUBLE, detail VARCHAR NOT NULL
);
CREATE TABLE IF NOT EXISTS fact_cost (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  replica_seconds DOUBLE NOT NULL, cpu_core_seconds DOUBLE NOT NULL,
  memory_gib_seconds DOUBLE NOT NULL, cost DOUBLE NOT NULL, seconds DOUBLE NOT NULL
);
CREATE TABLE IF NOT EXISTS fact_health (
  time TIMESTAMP NOT NULL, place_id INTEGER NOT NULL,
  cpu_used DOUBLE NOT NULL, cpu_capacity DOUBLE NOT NULL,
  memory_used_bytes BIGINT NOT NULL, memory_capacity_bytes BIGINT NOT NULL,
  replicas INTEGER NOT NULL, members_live INTEGER NOT NULL, specs_age_s DOUBLE,
  agent_rss_bytes BIGINT, disk_free_bytes BIGINT, rows_shed BIGINT NOT NULL,
  seconds DOUBLE NOT NULL
);

-- Tiers: their fact's columns with `time` the start of the minute or hour. Counts and seconds are
-- sums, levels are means over `seconds`. One (time, model, place) may have several partial rows.
CREATE TABLE IF NOT EXISTS tier_usage_minute (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  arrivals BIGINT NOT NULL, completed BIGINT NOT NULL, failed BIGINT NOT NULL, within_slo BIGINT,
  in_flight DOUBLE NOT NULL, queued DOUBLE NOT NULL, latency_sum_ms DOUBLE NOT NULL,
  replicas_ready DOUBLE NOT NULL, cpu_cores DOUBLE, seconds DOUBLE NOT NULL,
  arrivals_max BIGINT NOT NULL, in_flight_max DOUBLE NOT NULL
);
CREATE TABLE IF NOT EXISTS tier_usage_hour (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  arrivals BIGINT NOT NULL, completed BIGINT NOT NULL, failed BIGINT NOT NULL, within_slo BIGINT,
  in_flight DOUBLE NOT NULL, queued DOUBLE NOT NULL, latency_sum_ms DOUBLE NOT NULL,
  replicas_ready DOUBLE NOT NULL, cpu_cores DOUBLE, seconds DOUBLE NOT NULL,
  arrivals_max BIGINT NOT NULL, in_flight_max DOUBLE NOT NULL
);
CREATE TABLE IF NOT EXISTS tier_demand_minute (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  arrivals BIGINT NOT NULL, seconds DOUBLE NOT NULL
);
CREATE TABLE IF NOT EXISTS tier_latency_minute (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  bucket SMALLINT NOT NULL, count BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS tier_latency_hour (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  bucket SMALLINT NOT NULL, count BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS tier_cost_hour (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  replica_seconds DOUBLE NOT NULL, cpu_core_seconds DOUBLE NOT NULL,
  memory_gib_seconds DOUBLE NOT NULL, cost DOUBLE NOT NULL, seconds DOUBLE NOT NULL
);
CREATE TABLE IF NOT EXISTS tier_health_hour (
  time TIMESTAMP NOT NULL, place_id INTEGER NOT NULL,
  cpu_used DOUBLE NOT NULL, cpu_capacity DOUBLE NOT NULL,
  memory_used_bytes DOUBLE NOT NULL, memory_capacity_bytes DOUBLE NOT NULL,
  replicas DOUBLE NOT NULL, members_live DOUBLE NOT NULL, specs_age_s DOUBLE,
  agent_rss_bytes DOUBLE, disk_free_bytes DOUBLE, rows_shed BIGINT NOT NULL,
  seconds DOUBLE NOT NULL,
  cpu_used_max DOUBLE NOT NULL, memory_used_bytes_max BIGINT NOT NULL
);
-- Source rows with time < done_until are in the tier. Tiers bear their tables' names; so does
-- fact_forecast_error, which holds every forecast step that ended before done_until.
CREATE TABLE IF NOT EXISTS tier_state (tier VARCHAR PRIMARY KEY, done_until TIMESTAMP NOT NULL);
