SELECT * FROM main.usage, information_schema.tables, "usage" AS "a.csv"
