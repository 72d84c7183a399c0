-- The lines of the last file that were not taken.
SELECT reason, requests, first_line, first_text FROM hits WHERE reason IS NOT NULL ORDER BY first_line
