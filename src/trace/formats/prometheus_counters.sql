-- Of series (one: metric, values): whether all are counters by name, as none at all are; a value of the label $1 that several share, and how
-- many do. $1 may be ''.
WITH named AS (
  SELECT coalesce(one.metric['__name__'], '') AS name, CASE WHEN $1 <> '' THEN one.metric[$1] END AS label FROM series
), shared AS (
  SELECT label, count(*) AS series FROM named WHERE label IS NOT NULL GROUP BY label HAVING count(*) > 1
  ORDER BY label LIMIT 1
)
SELECT
  (SELECT coalesce(bool_and(regexp_matches(name, '(_total|_count|_sum|_bucket)$')), true) FROM named) AS counters,
  (SELECT label FROM shared) AS label,
  (SELECT series FROM shared) AS series
