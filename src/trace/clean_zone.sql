-- Where a time zone's offset from UTC changes between two instants ($2 and $3, µs since the epoch), found on a grid of
-- half hours: no zone of our days changes at another moment. The first row is the offset at the beginning.
WITH moments AS (
  SELECT to_timestamp(second) AS moment, second
  FROM (SELECT unnest(generate_series($2::BIGINT // 1800000000 * 1800, $3::BIGINT // 1000000, 1800)) AS second)
),
offsets AS (
  SELECT second * 1000000 AS since_us, epoch_us(timezone($1, moment)) - second * 1000000 AS offset_us
  FROM moments
)
SELECT since_us, offset_us
FROM offsets
QUALIFY offset_us IS DISTINCT FROM lag(offset_us) OVER (ORDER BY since_us)
ORDER BY since_us
