-- hits as events: the $1 busiest paths by name (of equals the first by name), the rest together.
WITH busiest AS (
  SELECT path FROM hits GROUP BY path ORDER BY sum(requests) DESC, path LIMIT $1
)
SELECT
  first_line AS line,
  CAST(NULL AS VARCHAR) AS reason,
  CAST(NULL AS VARCHAR) AS text,
  time_us,
  CASE WHEN busiest.path IS NULL THEN '(other)' ELSE hits.path END AS workload,
  CAST(requests AS DOUBLE) AS value
FROM hits LEFT JOIN busiest USING (path)
ORDER BY workload, time_us
