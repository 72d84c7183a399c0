INSERT INTO tier_cost_hour
SELECT date_trunc('hour', time) AS time, model_id, place_id, sum(replica_seconds),
       sum(cpu_core_seconds), sum(memory_gib_seconds), sum(cost), sum(seconds)
FROM fact_cost WHERE time >= $1 AND time < $2
GROUP BY ALL;
