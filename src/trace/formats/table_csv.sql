-- A CSV file as a table; types are judged by all rows, so that none is refused for its type later.
SELECT *
FROM read_csv(
  {path},
  compression = '{compression}',
  header = true, delim = {delimiter}, quote = '"', escape = '"',
  nullstr = [{missing_words}],
  sample_size = -1, max_line_size = {line_bytes_max}, store_rejects = true)
