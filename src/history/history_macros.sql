CREATE OR REPLACE MACRO time_minute(t) AS date_trunc('minute', t);
CREATE OR REPLACE MACRO time_hour(t) AS date_trunc('hour', t);
CREATE OR REPLACE MACRO time_day(t) AS date_trunc('day', t);
CREATE OR REPLACE MACRO time_week(t) AS date_trunc('week', t);

-- The value of a bucket of LatencyHistogram: DDSketch with 1 % relative error from 1 µs on, γ = 1.01/0.99.
CREATE OR REPLACE MACRO latency_bucket_ms(bucket) AS
  0.001 * pow(1.01 / 0.99, bucket) * 2 / (1 + 1.01 / 0.99);

CREATE OR REPLACE MACRO pinball_loss(actual, quantile, level) AS
  greatest(level * (actual - quantile), (level - 1) * (actual - quantile));
