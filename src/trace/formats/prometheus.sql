-- series (one: metric, values) as samples. $1: the label that names the workload; '' is the whole series, as Prometheus
-- writes it: name{label="value", …}.
WITH named AS (
  SELECT
    row_number() OVER () AS line,
    one."values" AS points,
    one.metric AS metric,
    list_transform(
      list_filter(map_entries(one.metric), lambda e: e.key <> '__name__'),
      lambda e: e.key || '="' || e.value || '"') AS labels
  FROM series
), called AS (
  SELECT line, points,
    CASE
      WHEN $1 <> '' THEN metric[$1]
      WHEN len(labels) = 0 THEN coalesce(metric['__name__'], '{}')
      ELSE coalesce(metric['__name__'], '') || '{' || array_to_string(labels, ', ') || '}'
    END AS workload
  FROM named
), sampled AS (
  SELECT line, workload, unnest(points) AS point FROM called
), judged AS (
  SELECT line, workload, point, time_us(point[1], 1e6) AS us, try_cast(point[2] AS DOUBLE) AS number,
    CASE WHEN workload IS NULL THEN 'the label is not there' ELSE time_problem(point[1], us) END AS problem
  FROM sampled
)
SELECT
  line,
  coalesce(problem, CASE WHEN number IS NULL THEN 'not a number' END) AS reason,
  concat_ws(' ', workload, point[1], point[2]) AS text,
  CASE WHEN problem IS NULL THEN us END AS time_us,
  workload,
  number AS value
FROM judged
