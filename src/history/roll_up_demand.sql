-- The seconds of each minute for which the owner knew the demand, and what came in them.
INSERT INTO tier_demand_minute
SELECT time_minute(time), model_id, place_id, sum(arrivals), count(*)
FROM fact_demand WHERE time >= $1 AND time < $2
GROUP BY ALL
