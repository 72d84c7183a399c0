-- summarised, one row a column, in the columns' order.
SELECT
  column_name,
  column_type,
  CAST(round(count * null_percentage / 100) AS BIGINT) AS missing,
  approx_unique,
  "min",
  "max",
  try_cast(avg AS DOUBLE) AS mean,
  try_cast(std AS DOUBLE) AS deviation,
  try_cast(q25 AS DOUBLE) AS quartile_1,
  try_cast(q50 AS DOUBLE) AS median,
  try_cast(q75 AS DOUBLE) AS quartile_3,
  count
FROM (SUMMARIZE FROM summarised)
