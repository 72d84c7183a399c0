SELECT * FROM 'export/usage/day=2026-01-31/n1.parquet'
