-- json_lines (line, text) as events. $1: the workload's name. $2: the key whose number counts; '' counts requests.
WITH parsed AS (
  SELECT line, text, CASE WHEN json_valid(text) THEN CAST(text AS JSON) END AS request FROM json_lines
  WHERE text IS NOT NULL
), taken AS (
  SELECT
    line, text, request, request ->> 'timestamp' AS time,
    CASE WHEN $2 = '' THEN '1' ELSE json_extract_string(request, '/' || $2) END AS value
  FROM parsed
), judged AS (
  SELECT *, event_time_us(time, 1e3) AS us, try_cast(value AS DOUBLE) AS number,
    CASE
      WHEN request IS NULL THEN 'not JSON'
      WHEN time_problem(time, us) IS NOT NULL THEN time_problem(time, us)
      WHEN value IS NULL THEN 'no value'
      WHEN number IS NULL OR NOT isfinite(number) THEN 'not a number'
      WHEN number < 0 THEN 'negative'
    END AS reason
  FROM taken
)
SELECT line, reason, text, CASE WHEN reason IS NULL THEN us END AS time_us, $1 AS workload, number AS value
FROM judged
