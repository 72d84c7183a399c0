-- Sums of counts and seconds, means of levels over the seconds they were measured in, and peaks. Units are
-- counted, not truncated to, which is several times as fast.
INSERT INTO {tier}
SELECT make_timestamp(unit * {unit_us}) AS time, * EXCLUDE (unit)
FROM (
  SELECT epoch_us(time) // {unit_us} AS unit, model_id, place_id,
         sum(arrivals), sum(completed), sum(failed), sum(within_slo),
         sum(in_flight * seconds) / sum(seconds), sum(queued * seconds) / sum(seconds),
         sum(latency_sum_ms), sum(replicas_ready * seconds) / sum(seconds),
         sum(cpu_cores * seconds) / sum(seconds) FILTER (cpu_cores IS NOT NULL), sum(seconds),
         max({arrivals_max}), max({in_flight_max})
  FROM {source} WHERE time >= $1 AND time < $2
  GROUP BY ALL
);
