-- The schema of version 1, as that program made it, and a few rows.
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (1);

CREATE TABLE dim_place (
  place_id INTEGER PRIMARY KEY,
  cloud VARCHAR NOT NULL, region VARCHAR NOT NULL, zone VARCHAR NOT NULL,
  node VARCHAR NOT NULL
);
CREATE TABLE dim_model (
  model_id INTEGER PRIMARY KEY,
  tenant VARCHAR NOT NULL, model VARCHAR NOT NULL, version VARCHAR NOT NULL
);

CREATE TABLE fact_usage (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  arrivals BIGINT NOT NULL, completed BIGINT NOT NULL, failed BIGINT NOT NULL,
  in_flight DOUBLE NOT NULL, queued DOUBLE NOT NULL,
  latency_mean_ms DOUBLE, latency_p50_ms DOUBLE, latency_p95_ms DOUBLE, latency_p99_ms DOUBLE,
  replicas_ready INTEGER NOT NULL, cpu_cores DOUBLE
);
CREATE TABLE fact_forecast (
  origin TIMESTAMP NOT NULL, time TIMESTAMP NOT NULL,
  model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  step_s DOUBLE NOT NULL, method VARCHAR NOT NULL,
  q05 DOUBLE, q10 DOUBLE, q20 DOUBLE, q30 DOUBLE, q40 DOUBLE, q50 DOUBLE,
  q60 DOUBLE, q70 DOUBLE, q80 DOUBLE, q90 DOUBLE, q95 DOUBLE, q99 DOUBLE
);
CREATE TABLE fact_decision (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  policy VARCHAR NOT NULL, shadow BOOLEAN NOT NULL,
  desired INTEGER NOT NULL, current INTEGER NOT NULL,
  reason VARCHAR NOT NULL, planned_rate DOUBLE NOT NULL,
  guards VARCHAR NOT NULL, candidates VARCHAR NOT NULL,
  arrival_rate DOUBLE NOT NULL, in_flight DOUBLE NOT NULL, queued DOUBLE NOT NULL,
  utilization DOUBLE NOT NULL, ready INTEGER NOT NULL, starting INTEGER NOT NULL,
  cold_start_s DOUBLE NOT NULL
);
CREATE TABLE fact_placement (
  time TIMESTAMP NOT NULL, replica VARCHAR NOT NULL,
  model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  event VARCHAR NOT NULL, cold_start_s DOUBLE, detail VARCHAR NOT NULL
);

CREATE MACRO time_minute(t) AS date_trunc('minute', t);
CREATE MACRO time_hour(t) AS date_trunc('hour', t);
CREATE MACRO time_day(t) AS date_trunc('day', t);
CREATE MACRO time_week(t) AS date_trunc('week', t);

CREATE VIEW usage AS
SELECT f.* EXCLUDE (model_id, place_id),
       time_minute(f.time) AS minute, time_hour(f.time) AS hour,
       time_day(f.time) AS day, time_week(f.time) AS week,
       tenant, model, version, cloud, region, zone, node
FROM fact_usage f JOIN dim_model USING (model_id) JOIN dim_place USING (place_id);

INSERT INTO dim_place VALUES (1, 'aws', 'eu-1', 'eu-1a', 'n1');
INSERT INTO dim_model VALUES (1, 'demo', 'digits', '1');
INSERT INTO fact_usage VALUES
  (TIMESTAMP '2024-05-06 12:00:00', 1, 1, 12, 10, 2, 1.5, 0, 10, 9, 20, 30, 2, 0.5),
  (TIMESTAMP '2024-05-06 12:00:01', 1, 1, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, 2, NULL);
INSERT INTO fact_decision VALUES
  (TIMESTAMP '2024-05-06 12:00:00', 1, 1, 'predictive', false, 3, 2, 'as it was', 40, '[]', '[]',
   12, 1.5, 0, 0.5, 2, 0, 1.5);
