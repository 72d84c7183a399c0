DELETE FROM dim_time WHERE minute < $1 AND (minute <> hour OR minute < $2)
