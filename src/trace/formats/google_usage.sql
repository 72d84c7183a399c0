-- usage_rows (line, begins, ends: µs from 600 s before the trace, workload, value: VARCHAR) as levels of 5-minute steps.
-- $1: the field of a value that is a record, printed as {'cpus': 0.01, 'memory': 0.002} by DuckDB and Python; or ''.
WITH taken AS (
  SELECT line, begins, ends, workload, value,
    try_cast(begins AS BIGINT) AS begins_us,
    try_cast(ends AS BIGINT) AS ends_us,
    CASE WHEN value IS NULL OR $1 = '' THEN value
         ELSE nullif(regexp_extract(value, '["'']?' || $1 || '["'']?\s*[:=]\s*([-+.0-9eE]+)', 1), '') END AS cell
  FROM usage_rows
), judged AS (
  SELECT *, try_cast(cell AS DOUBLE) AS number,
    CASE
      WHEN begins_us IS NULL OR ends_us IS NULL THEN 'not a timestamp'
      WHEN begins_us = 0 THEN 'before the trace'
      WHEN ends_us = 9223372036854775807 OR begins_us = 9223372036854775807 THEN 'after the trace'
      WHEN ends_us <= begins_us THEN 'ends before it begins'
      WHEN ends_us - begins_us > 600000000 THEN 'a window over 10 minutes'
      WHEN workload IS NULL THEN 'no workload'
      WHEN cell IS NULL THEN 'no value'
      WHEN number IS NULL OR NOT isfinite(number) THEN 'not a number'
      WHEN number < 0 THEN 'negative'
    END AS reason
  FROM taken
)
-- Instances that ran for a part of the window count by that part.
SELECT
  line,
  reason,
  concat_ws(',', begins, ends, workload, value) AS text,
  CASE WHEN reason IS NULL THEN begins_us END AS time_us,
  workload,
  number * least(ends_us - begins_us, 300000000) / 300000000 AS value
FROM judged
