-- Requests of all files, counted per step and path, and the lines not taken, by reason.
CREATE TEMP TABLE hits (
  time_us BIGINT,
  path VARCHAR,
  reason VARCHAR,
  requests BIGINT,
  first_line BIGINT,
  first_text VARCHAR
)
