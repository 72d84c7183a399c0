SELECT 1; DROP TABLE fact_usage
