-- Version 2 to 3. Which of the mixed forecasters carried a decision's forecast was not recorded.
DROP VIEW IF EXISTS decision;
ALTER TABLE fact_decision ADD COLUMN expert VARCHAR;
ALTER TABLE fact_decision ADD COLUMN expert_share DOUBLE;
