-- The newest time that the file has.
SELECT max(t)
FROM (SELECT max(time) AS t FROM fact_usage
      UNION ALL SELECT max(time) FROM fact_health
      UNION ALL SELECT max(done_until) FROM tier_state)
