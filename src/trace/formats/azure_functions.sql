-- day_rows (line, workload, cells: 1440 VARCHAR, one a minute) as counts. $1: the day, from 0.
WITH taken AS (
  SELECT line, workload, unnest(cells) AS cell, generate_subscripts(cells, 1) AS minute FROM day_rows
), judged AS (
  SELECT *, try_cast(cell AS DOUBLE) AS number,
    CASE
      WHEN workload IS NULL AND minute = 1 THEN 'no workload'
      WHEN workload IS NULL THEN NULL
      WHEN cell IS NULL THEN 'no value'
      WHEN number IS NULL THEN 'not a number'
      WHEN NOT isfinite(number) THEN 'not finite'
      WHEN number < 0 THEN 'negative'
    END AS reason
  FROM taken
)
SELECT
  line,
  reason,
  concat_ws(',', workload, 'minute ' || minute, cell) AS text,
  CASE WHEN workload IS NOT NULL AND reason IS NULL THEN ($1 * 1440 + minute - 1) * 60000000 END AS time_us,
  workload,
  number AS value
FROM judged
