SELECT model, sum(arrivals) FROM usage WHERE time > now() - INTERVAL 1 HOUR GROUP BY model ORDER BY 2 DESC LIMIT 5
