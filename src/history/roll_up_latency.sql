INSERT INTO {tier}
SELECT date_trunc('{unit}', time) AS time, model_id, place_id, bucket, sum(count)
FROM {source} WHERE time >= $1 AND time < $2
GROUP BY ALL;
