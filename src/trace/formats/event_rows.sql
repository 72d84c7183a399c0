-- table_rows (line, time, workload, value: VARCHAR) as events. $1: the µs that a time's unit has.
WITH taken AS (
  SELECT line, time, workload, value, event_time_us(time, $1) AS us, try_cast(value AS DOUBLE) AS number
  FROM table_rows
), judged AS (
  SELECT *, coalesce(
      time_problem(time, us),
      CASE
        WHEN workload IS NULL THEN 'no workload'
        WHEN length(workload) > 500 THEN 'a workload name over 500 characters'
        WHEN value IS NULL THEN 'no value'
        WHEN number IS NULL THEN 'not a number'
        WHEN NOT isfinite(number) THEN 'not finite'
      END) AS reason
  FROM taken
)
SELECT
  line,
  reason,
  substr(concat_ws(',', time, workload, value), 1, 200) AS text,
  CASE WHEN reason IS NULL THEN us END AS time_us,
  workload,
  number AS value
FROM judged
