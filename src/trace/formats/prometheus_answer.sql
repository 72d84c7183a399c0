-- Whether an answer is one that can be read: its status, the kind of result, the error.
SELECT status, data.resultType AS result_type, error
FROM read_json(
  {path},
  compression = '{compression}',
  format = 'unstructured',
  maximum_object_size = {bytes_max},
  columns = {{status: 'VARCHAR', error: 'VARCHAR', data: 'STRUCT(resultType VARCHAR)'}})
