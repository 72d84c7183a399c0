-- The partial aggregates of one fact. Grouping by the fact's own integers first makes the join with
-- the dimensions small, and gives each (model, place) series its own row, which spans of time need.
WITH series AS (
  SELECT {series}
  FROM (
    {segments}
  ) AS fact
  WHERE {filter}
  GROUP BY ALL
)
SELECT {groups}
FROM series {joins}
GROUP BY ALL
