-- Version 4 to 5. What a request's service took was not recorded.
DROP VIEW IF EXISTS decision;
ALTER TABLE fact_decision ADD COLUMN service_mean_s DOUBLE;
ALTER TABLE fact_decision ADD COLUMN service_scv DOUBLE;
ALTER TABLE fact_decision ADD COLUMN occupied_s DOUBLE;
