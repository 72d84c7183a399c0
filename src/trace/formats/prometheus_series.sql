-- The series of an answer, one a row; read into their types at once, for each pass over so long a text takes a
-- multiple of it in memory.
SELECT unnest(data.result) AS one
FROM read_json(
  {path},
  compression = '{compression}',
  format = 'unstructured',
  maximum_object_size = {bytes_max},
  columns = {{data: 'STRUCT(result STRUCT(metric MAP(VARCHAR, VARCHAR), "values" VARCHAR[][])[])'}})
