-- Every change of a manifest is a version and has a row; it goes with the last fact that names it.
DELETE FROM dim_model WHERE model_id NOT IN (
  SELECT model_id FROM fact_usage
  UNION SELECT model_id FROM fact_latency
  UNION SELECT model_id FROM fact_demand
  UNION SELECT model_id FROM fact_forecast
  UNION SELECT model_id FROM fact_forecast_error
  UNION SELECT model_id FROM fact_decision
  UNION SELECT model_id FROM fact_shadow
  UNION SELECT model_id FROM fact_bid
  UNION SELECT model_id FROM fact_placement
  UNION SELECT model_id FROM fact_cost
  UNION SELECT model_id FROM tier_usage_minute
  UNION SELECT model_id FROM tier_usage_hour
  UNION SELECT model_id FROM tier_demand_minute
  UNION SELECT model_id FROM tier_latency_minute
  UNION SELECT model_id FROM tier_latency_hour
  UNION SELECT model_id FROM tier_cost_hour
)
