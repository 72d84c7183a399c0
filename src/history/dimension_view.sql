-- A fact table as people ask it: every level of its dimensions is a column of its own. The time levels are
-- computed, not joined, so that those not asked for cost nothing.
CREATE OR REPLACE VIEW {view} AS
SELECT f.* EXCLUDE ({keys}), {extra}
       time_minute(f.time) AS minute, time_hour(f.time) AS hour,
       time_day(f.time) AS day, time_week(f.time) AS week,
       CAST(hour(f.time) AS TINYINT) AS hour_of_day, CAST(isodow(f.time) AS TINYINT) AS weekday,
       {model_columns} cloud, region, zone, node
FROM {table} f {model_join} JOIN dim_place USING (place_id);
