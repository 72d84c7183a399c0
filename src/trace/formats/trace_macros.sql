-- How every format's query takes a cell apart. A macro's argument is a VARCHAR, null where the cell is empty.

-- A time as µs: a number of `unit_us` µs each, or ISO 8601 (UTC where no zone is given); null if it is neither.
-- Seconds that would not fit are µs or ns since 1970: no time is 3 million years away.
CREATE TEMP MACRO time_us(cell, unit_us) AS
  CASE
    WHEN abs(try_cast(cell AS DOUBLE)) * unit_us >= 1e23 THEN try_cast(try_cast(cell AS DOUBLE) / 1e3 AS BIGINT)
    WHEN abs(try_cast(cell AS DOUBLE)) * unit_us >= 1e20 THEN try_cast(cell AS BIGINT)
    WHEN try_cast(cell AS DOUBLE) IS NOT NULL THEN try_cast(round(try_cast(cell AS DOUBLE) * unit_us) AS BIGINT)
    ELSE epoch_us(try_cast(cell AS TIMESTAMPTZ))
  END;

-- A time as µs when it must be known at once, because events are gathered by it: from 1e11 s on seconds are ms.
CREATE TEMP MACRO event_time_us(cell, unit_us) AS
  CASE WHEN time_us(cell, unit_us) >= 1e17 AND try_cast(cell AS DOUBLE) < 1e14
       THEN time_us(cell, unit_us) // 1000 ELSE time_us(cell, unit_us) END;

-- Why a time is not taken; null if it is. Dates out of 1900 … 2199 are a clock gone wrong.
CREATE TEMP MACRO time_problem(cell, us) AS
  CASE
    WHEN cell IS NULL THEN 'no timestamp'
    WHEN us IS NULL THEN 'not a timestamp'
    WHEN try_cast(cell AS DOUBLE) IS NULL AND (us < -2208988800000000 OR us >= 7258118400000000)
      THEN 'a date out of 1900 … 2199'
  END;
