-- What a Parquet file says of its size: rows, and bytes uncompressed.
SELECT
  (SELECT CAST(coalesce(sum(num_rows), 0) AS BIGINT) FROM parquet_file_metadata({path})) AS rows,
  (SELECT CAST(coalesce(sum(total_uncompressed_size), 0) AS BIGINT) FROM parquet_metadata({path})) AS bytes
