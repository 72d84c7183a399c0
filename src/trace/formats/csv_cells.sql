-- The rows of a CSV file with their lines, each cell as text.
SELECT row_number() OVER () + 1 AS line, *
FROM read_csv(
  {path},
  compression = '{compression}',
  auto_detect = false, header = true, delim = {delimiter}, quote = '"', escape = '"',
  nullstr = [{missing_words}],
  columns = {{{columns}}},
  max_line_size = {line_bytes_max}, buffer_size = {buffer_bytes}{rejects})
