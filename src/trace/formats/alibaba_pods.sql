-- pod_levels (line, workload, name, level, scheduled_time, deletion_time: s from the start) as changes of a level:
-- what a pod asks for is added when it is scheduled and taken away when it is deleted.
WITH timed AS (
  SELECT line, workload, name, level, time_us(scheduled_time, 1e6) AS begins, time_us(deletion_time, 1e6) AS ends,
    CASE
      WHEN scheduled_time IS NULL THEN 'never scheduled'
      WHEN begins IS NULL OR ends IS NULL THEN 'no time of start or end'
      WHEN ends < begins THEN 'deleted before it was scheduled'
      WHEN level IS NULL OR NOT isfinite(level) THEN 'not a number'
    END AS reason
  FROM pod_levels
)
SELECT
  line,
  reason,
  name AS text,
  unnest(CASE WHEN reason IS NULL THEN [begins, ends] ELSE [NULL] END) AS time_us,
  workload,
  unnest(CASE WHEN reason IS NULL THEN [level, -level] ELSE [NULL] END) AS value
FROM timed
