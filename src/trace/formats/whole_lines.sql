-- Each line of a text file whole, as column text: the delimiter, \x01, stands in no such file.
SELECT text
FROM read_csv(
  {path},
  compression = '{compression}',
  encoding = '{encoding}',
  auto_detect = false, header = false, delim = '{delimiter}', quote = '', escape = '',
  max_line_size = {line_bytes_max}, buffer_size = {buffer_bytes},
  columns = {{'text': 'VARCHAR'}}{rejects})
