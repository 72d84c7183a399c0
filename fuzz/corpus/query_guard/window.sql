SELECT *, row_number() OVER (PARTITION BY model ORDER BY time) FROM demand QUALIFY 1 = 1
