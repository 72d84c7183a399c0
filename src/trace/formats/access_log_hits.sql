-- log_lines (line, text, request: record of date, method, target) into the table hits: requests per step and path,
-- and lines not taken, by reason. $1: the step in µs. $2: how many segments of a path to keep; 0: all.
INSERT INTO hits
WITH timed AS (
  -- A date without a zone is in UTC.
  SELECT line, text, request.date AS date, request.target AS target,
    coalesce(
      epoch_us(try_strptime(date, '%d/%b/%Y:%H:%M:%S %z')),
      epoch_us(try_strptime(date, '%d/%b/%Y:%H:%M:%S.%g')),
      epoch_us(try_strptime(date, '%d/%b/%Y:%H:%M:%S'))) AS us
  FROM log_lines
  WHERE text IS NOT NULL
), judged AS (
  SELECT *,
    CASE
      WHEN date = '' THEN 'not a request in this log''s format'
      WHEN us IS NULL THEN 'not a timestamp'
      ELSE time_problem(date, us)
    END AS reason,
    -- Without query, fragment and host; "*" and "host:port" of OPTIONS and CONNECT stay.
    regexp_replace(regexp_replace(target, '[?#].*$', ''), '^\w+://[^/]+', '') AS path
  FROM timed
), cut AS (
  SELECT line, text, us, reason,
    substr(CASE
      WHEN path = '' THEN '/'
      WHEN $2 > 0 AND path[1] = '/' THEN '/' || array_to_string(string_split(path, '/')[2:$2 + 1], '/')
      ELSE path
    END, 1, 200) AS path
  FROM judged
)
SELECT
  CASE WHEN reason IS NULL THEN us - us % $1 END AS time_us,
  CASE WHEN reason IS NULL THEN path END AS path,
  reason, count(*), min(line), arg_min(substr(text, 1, 200), line)
FROM cut
GROUP BY 1, 2, 3
