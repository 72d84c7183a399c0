-- Each forecast step that ended in [$1, $2) beside the rate that came: the mean over the seconds of the step
-- for which the forecast's owner knew the demand. A step of which it knew none has no error. The pinball loss is
-- 2·Σ max(τ(y−q), (τ−1)(y−q)) over the 12 levels, divided by 12.
INSERT INTO fact_forecast_error
WITH step AS (
  SELECT *, time + to_microseconds(CAST(step_s * 1e6 AS BIGINT)) AS step_end FROM fact_forecast
  WHERE time < $2 AND step_end >= $1 AND step_end < $2
), second AS (
  SELECT time, model_id, place_id, arrivals FROM fact_demand
  WHERE time >= (SELECT min(time) FROM step) AND time < $2
), actual AS (
  SELECT s.origin, s.time, s.model_id, s.place_id, s.method, avg(arrivals) AS actual
  FROM step s JOIN second USING (model_id, place_id)
  WHERE second.time >= s.time AND second.time < s.step_end
  GROUP BY ALL
)
SELECT origin, time, model_id, place_id, step_s,
       date_diff('microsecond', origin, step_end) / 1e6 AS horizon_s, method,
       actual, q05, q50, q95, abs(q50 - actual),
       (pinball_loss(actual, q05, 0.05) + pinball_loss(actual, q10, 0.1)
        + pinball_loss(actual, q20, 0.2) + pinball_loss(actual, q30, 0.3)
        + pinball_loss(actual, q40, 0.4) + pinball_loss(actual, q50, 0.5)
        + pinball_loss(actual, q60, 0.6) + pinball_loss(actual, q70, 0.7)
        + pinball_loss(actual, q80, 0.8) + pinball_loss(actual, q90, 0.9)
        + pinball_loss(actual, q95, 0.95) + pinball_loss(actual, q99, 0.99)) * 2 / 12,
       actual BETWEEN q05 AND q95
FROM step JOIN actual USING (origin, time, model_id, place_id, method);
