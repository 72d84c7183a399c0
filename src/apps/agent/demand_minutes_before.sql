-- Requests of the models that this node owned, a row a minute, oldest first: of `models` models after the
-- `skip` with the most demand. Versions of a model are one.
WITH minute AS (
  SELECT model, time, sum(arrivals)::BIGINT AS arrivals, least(sum(seconds), 60)::INTEGER AS seconds
  FROM demand_minute
  WHERE time >= TIMESTAMP '{since}' AND time < TIMESTAMP '{until}'
  GROUP BY model, time
), busiest AS (
  SELECT model FROM minute GROUP BY model ORDER BY sum(arrivals) DESC, model LIMIT {models} OFFSET {skip}
)
SELECT model, epoch(time)::BIGINT AS second, arrivals, seconds
FROM minute SEMI JOIN busiest USING (model)
ORDER BY model, time
