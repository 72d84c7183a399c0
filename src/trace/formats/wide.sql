-- wide_rows (line, time, cells: list of VARCHAR) and wide_names (place, name) as samples. $1: the µs of a time's unit.
-- $2: whether to report rows without a time; of a file read in several parts only the first does.
WITH timed AS (
  SELECT line, time, cells, time_us(time, $1) AS us, time_problem(time, us) AS problem FROM wide_rows
), taken AS (
  SELECT line, time, us, problem, unnest(cells) AS cell, generate_subscripts(cells, 1) AS place FROM timed
), numbered AS (
  -- A row without a time is one skip, whatever the number of its cells.
  SELECT *, try_cast(cell AS DOUBLE) AS number
  FROM taken JOIN wide_names USING (place)
  WHERE problem IS NULL OR ($2 AND place = 1)
)
SELECT
  line,
  coalesce(problem, CASE
    WHEN cell IS NOT NULL AND number IS NULL THEN 'not a number'
    WHEN NOT isfinite(number) THEN 'not finite'
  END) AS reason,
  concat_ws(',', time, name, cell) AS text,
  CASE WHEN problem IS NULL THEN us END AS time_us,
  name AS workload,
  CASE WHEN isfinite(number) THEN number END AS value
FROM numbered
