-- Version 1 to 2. One usage row told latencies as mean and percentiles; now it tells their sum, and
-- percentiles come from fact_latency, which version 1 has nothing for. The SLO was not recorded.
DROP VIEW IF EXISTS usage;
DROP VIEW IF EXISTS forecast_error;
ALTER TABLE fact_usage RENAME TO fact_usage_1;
CREATE TABLE fact_usage (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  arrivals BIGINT NOT NULL, completed BIGINT NOT NULL, failed BIGINT NOT NULL, within_slo BIGINT,
  in_flight DOUBLE NOT NULL, queued DOUBLE NOT NULL, latency_sum_ms DOUBLE NOT NULL,
  replicas_ready INTEGER NOT NULL, cpu_cores DOUBLE, seconds DOUBLE NOT NULL
);
INSERT INTO fact_usage
SELECT time, model_id, place_id, arrivals, completed, failed, NULL, in_flight, queued,
       coalesce(latency_mean_ms * completed, 0), replicas_ready, cpu_cores, 1
FROM fact_usage_1;
DROP TABLE fact_usage_1;
-- What the node's own gateway saw stood for the demand.
CREATE TABLE fact_demand (
  time TIMESTAMP NOT NULL, model_id INTEGER NOT NULL, place_id INTEGER NOT NULL,
  arrivals BIGINT NOT NULL
);
INSERT INTO fact_demand SELECT time, model_id, place_id, arrivals FROM fact_usage;
