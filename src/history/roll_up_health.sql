INSERT INTO tier_health_hour
SELECT date_trunc('hour', time) AS time, place_id,
       sum(cpu_used * seconds) / sum(seconds), sum(cpu_capacity * seconds) / sum(seconds),
       sum(memory_used_bytes * seconds) / sum(seconds),
       sum(memory_capacity_bytes * seconds) / sum(seconds),
       sum(replicas * seconds) / sum(seconds), sum(members_live * seconds) / sum(seconds),
       sum(specs_age_s * seconds) / sum(seconds) FILTER (specs_age_s IS NOT NULL),
       sum(agent_rss_bytes * seconds) / sum(seconds) FILTER (agent_rss_bytes IS NOT NULL),
       sum(disk_free_bytes * seconds) / sum(seconds) FILTER (disk_free_bytes IS NOT NULL),
       sum(rows_shed), sum(seconds), max(cpu_used), max(memory_used_bytes)
FROM fact_health WHERE time >= $1 AND time < $2
GROUP BY ALL;
