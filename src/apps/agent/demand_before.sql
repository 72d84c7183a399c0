-- Requests of the models that this node owned, a row a second, newest first. Versions of a model are one.
SELECT model, epoch(time)::BIGINT AS second, sum(arrivals)::BIGINT AS arrivals
FROM demand
WHERE time >= TIMESTAMP '{since}' AND time < TIMESTAMP '{until}'
GROUP BY model, time
ORDER BY time DESC
