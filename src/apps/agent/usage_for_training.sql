-- Demand of the last twelve hours in steps of ten seconds, as this node's gateway saw it: the workload, the
-- step's number since 1970, requests per second over its known seconds. The newest step may be unfinished.
WITH second AS (
  SELECT tenant || '/' || model AS workload, epoch(time)::BIGINT // 10 AS step, time, arrivals
  FROM usage
  WHERE time >= (SELECT max(time) FROM usage) - INTERVAL 12 HOUR
)
SELECT workload, step, sum(arrivals) / count(DISTINCT time) AS rate
FROM second
WHERE step < (SELECT max(step) FROM second)
GROUP BY workload, step
ORDER BY workload, step
