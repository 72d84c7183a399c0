PIVOT usage ON model IN ('a', 'b') USING sum(arrivals) GROUP BY node
