-- Each model's place in a HyperLogLog: the register, and the rank of the first bit that is set in
-- the rest of the hash (Flajolet et al. 2007). MD5 gives the same on every node, whatever version
-- of the database it runs.
SELECT * EXCLUDE (hash),
       (hash % 1024)::INTEGER AS register,
       CASE WHEN hash // 1024 = 0 THEN 55
            ELSE bit_count(xor((hash // 1024)::BIGINT, (hash // 1024)::BIGINT - 1)) END AS rank
FROM (SELECT *, md5_number_lower(tenant || '/' || model) AS hash FROM dim_model)
