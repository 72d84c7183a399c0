-- The lines that DuckDB refused in the last statement, once each.
SELECT line, CAST(any_value(error_type) AS VARCHAR), any_value(csv_line), count(*)
FROM reject_errors
GROUP BY line
ORDER BY line
