-- table_rows (line, time, workload, value: VARCHAR) as samples. $1: the µs that a time's unit has.
WITH taken AS (
  SELECT line, time, workload, value, time_us(time, $1) AS us, try_cast(value AS DOUBLE) AS number
  FROM table_rows
), judged AS (
  SELECT *, coalesce(time_problem(time, us), CASE
    WHEN workload IS NULL THEN 'no workload'
    WHEN length(workload) > 500 THEN 'a workload name over 500 characters'
  END) AS problem
  FROM taken
)
SELECT
  line,
  coalesce(problem, CASE
    WHEN value IS NOT NULL AND number IS NULL THEN 'not a number'
    WHEN NOT isfinite(number) THEN 'not finite'
  END) AS reason,
  substr(concat_ws(',', time, workload, value), 1, 200) AS text,
  CASE WHEN problem IS NULL THEN us END AS time_us,
  workload,
  CASE WHEN isfinite(number) THEN number END AS value
FROM judged
