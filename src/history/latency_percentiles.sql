-- Percentiles for each minute, model and node, within 1 %, by the rank that LatencyHistogram uses: minutes
-- that are rolled up from the tier, later ones from the facts.
CREATE OR REPLACE VIEW latency_percentiles AS
WITH watermark AS (
  SELECT coalesce(max(done_until), TIMESTAMP 'epoch') AS done_until
  FROM tier_state WHERE tier = 'tier_latency_minute'
), bucket AS (
  SELECT minute, model_id, place_id, bucket, sum(count) AS count
  FROM (
    SELECT time AS minute, model_id, place_id, bucket, count FROM tier_latency_minute
    UNION ALL
    SELECT time_minute(time), model_id, place_id, bucket, count FROM fact_latency
    WHERE time >= (SELECT done_until FROM watermark)
  )
  GROUP BY ALL
), ranked AS (
  SELECT *, sum(count) OVER (PARTITION BY minute, model_id, place_id ORDER BY bucket) AS seen,
         sum(count) OVER (PARTITION BY minute, model_id, place_id) AS requests
  FROM bucket
), percentiles AS (
  SELECT minute AS time, model_id, place_id, CAST(any_value(requests) AS BIGINT) AS requests,
         latency_bucket_ms(min(bucket) FILTER (seen > floor(0.50 * (requests - 1)))) AS p50_ms,
         latency_bucket_ms(min(bucket) FILTER (seen > floor(0.95 * (requests - 1)))) AS p95_ms,
         latency_bucket_ms(min(bucket) FILTER (seen > floor(0.99 * (requests - 1)))) AS p99_ms
  FROM ranked GROUP BY ALL
)
SELECT p.* EXCLUDE (time, model_id, place_id), p.time AS minute,
       time_hour(p.time) AS hour, time_day(p.time) AS day, time_week(p.time) AS week,
       CAST(hour(p.time) AS TINYINT) AS hour_of_day, CAST(isodow(p.time) AS TINYINT) AS weekday,
       tenant, model, version, cloud, region, zone, node
FROM percentiles p JOIN dim_model USING (model_id) JOIN dim_place USING (place_id);
